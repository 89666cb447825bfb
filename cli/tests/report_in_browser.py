#!/usr/bin/python3
"""Opens a report in headless Chromium and asserts that its curves are drawn and its console stays silent.

  report_in_browser.py ACTZ TENSOR.npy [SCREENSHOT_FOLDER]

The report itself has no scripts: a copy gets one that measures the drawing and writes what it finds into the document.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PROBE = """<script>
window.addEventListener("load", () => {
  const size = (element) => { const box = element.getBBox(); return Math.max(box.width, box.height); };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const found = {
    curves: all("figure polyline.curve").map(size),
    dots: all("figure circle.dot").filter((dot) => dot.getBoundingClientRect().width > 0).length,
    bars: all("rect.bar").length,
    colours: new Set(all("polyline.curve").map((curve) => getComputedStyle(curve).stroke)).size,
    paper: getComputedStyle(document.body).backgroundColor,
    overflow: document.documentElement.scrollWidth - window.innerWidth,
  };
  document.body.setAttribute("data-found", JSON.stringify(found));
});
</script></body>"""
# Chromium's own complaints about a machine without display or bus are not the page's.
CONSOLE = re.compile(r".*:CONSOLE.*")


def chromium(page, *options):
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                               f"--user-data-dir={profile}", "--enable-logging=stderr", "--window-size=1100,1400", *options, page.as_uri()],
                              check=True, capture_output=True, text=True, timeout=120)


def look(page, *options):
    probed = page.with_name("probed.html")
    probed.write_text(page.read_text().replace("</body>", PROBE))
    result = chromium(probed, "--dump-dom", *options)
    messages = [line for line in result.stderr.splitlines() if CONSOLE.match(line)]
    assert not messages, messages
    found = re.search(r'data-found="([^"]*)"', result.stdout)
    assert found, "the probe did not run"
    return json.loads(found[1].replace("&quot;", '"'))


def main():
    actz, tensor = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else name).resolve()
        page = folder / "report.html"
        subprocess.run([actz, "bench", tensor, "--report", page, "--force", "--quiet"], check=True)
        for scheme, option in (("light", "--blink-settings=preferredColorScheme=1"), ("dark", "--blink-settings=preferredColorScheme=0")):
            found = look(page, option)
            assert len(found["curves"]) >= 5 and min(found["curves"]) > 20, found
            assert found["dots"] >= 25 and found["bars"] >= 32 and found["colours"] >= 5 and found["overflow"] <= 0, found
            assert (found["paper"] == "rgb(255, 255, 255)") == (scheme == "light"), found
            shot = folder / f"{scheme}.png"
            chromium(page, f"--screenshot={shot}", "--hide-scrollbars", option)
            assert shot.stat().st_size > 20000, "the screenshot is blank"
    print("the report is drawn, in light and in dark")


if __name__ == "__main__":
    main()
