"""The outcome of a run as JSON, JUnit XML and HTML. Each takes the summary that run_conformance.py makes:
{"listed", "selected", "passed", "failed", "skipped", "complete", "decoder", "level",
 "results": [{"id", "group", "level", "outcome", "why", "seconds"}]}."""

import html
import json
import xml.etree.ElementTree

STYLE = """body { font: 15px sans-serif; margin: 2em; max-width: 75em } table { border-collapse: collapse }
td, th { text-align: left; padding: .2em .8em; border-bottom: 1px solid #ddd; vertical-align: top }
.failed { background: #fdd } .skipped { color: #777 } code { font-size: 90% }"""


def as_json(summary):
    return json.dumps(summary, indent=1, ensure_ascii=False) + "\n"


def as_junit(summary):
    """A test suite for each group; an incomplete list is a failure of its own."""
    root = xml.etree.ElementTree.Element("testsuites", name="conformance")
    for group in sorted({result["group"] for result in summary["results"]}):
        members = [result for result in summary["results"] if result["group"] == group]
        count = {word: str(sum(one["outcome"] == word for one in members)) for word in ("failed", "skipped")}
        suite = xml.etree.ElementTree.SubElement(root, "testsuite", name=group, tests=str(len(members)),
                                                 failures=count["failed"], skipped=count["skipped"], errors="0")
        for one in members:
            case = xml.etree.ElementTree.SubElement(suite, "testcase", name=one["id"], classname=f"{group}.{one['level']}",
                                                    time=f"{one['seconds']:.3f}")
            if one["outcome"] != "passed":
                kind = "failure" if one["outcome"] == "failed" else "skipped"
                xml.etree.ElementTree.SubElement(case, kind, message=printable(one["why"]))
    if not summary["complete"]:
        suite = xml.etree.ElementTree.SubElement(root, "testsuite", name="list", tests="1", failures="1", errors="0")
        case = xml.etree.ElementTree.SubElement(suite, "testcase", name="complete", classname="list")
        xml.etree.ElementTree.SubElement(case, "failure", message="vectors are missing from the list")
    return xml.etree.ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def printable(text):
    """Without characters that XML cannot hold."""
    return "".join(one if one.isprintable() or one in "\n\t" else "?" for one in text)


def as_html(summary):
    rows = []
    order = {"failed": 0, "skipped": 1, "passed": 2}
    for one in sorted(summary["results"], key=lambda result: order[result["outcome"]]):
        cells = [html.escape(one[key]) for key in ("id", "group", "level", "outcome", "why")]
        rows.append(f'<tr class="{one["outcome"]}"><td>' + "</td><td>".join(cells) + "</td></tr>")
    verdict = "passed" if summary["complete"] and not summary["failed"] and summary["passed"] else "failed"
    missing = "" if summary["complete"] else '<p class="failed">Vectors are missing from the list.</p>'
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Conformance: {verdict}</title><style>{STYLE}</style></head><body>
<h1>Conformance: {verdict}</h1>
<p><code>{html.escape(summary["decoder"])}</code>, level {html.escape(summary["level"])}</p>
<p>{summary["passed"]} passed, {summary["failed"]} failed, {summary["skipped"]} skipped of {summary["selected"]} selected,
{summary["listed"]} listed</p>{missing}
<table><tr><th>vector</th><th>group</th><th>level</th><th>outcome</th><th>why</th></tr>
""" + "\n".join(rows) + "\n</table></body></html>\n"
