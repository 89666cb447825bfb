#!/usr/bin/python3
"""Holds the manual page against the program: the same verbs, the same options of each, with a value or without, and
the same exit codes. Asks mandoc for errors of form, too.

  man_page.py ACTZ actz.1 errors.csv
"""
import csv
import re
import subprocess
import sys


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def options_of_help(text):
    """{(long name, short name or "", takes a value)} of `actz VERB --help`."""
    return set(
        (long, short or "", bool(value))
        for short, long, value in re.findall(r"^  (?:-(\w) \[ )?--([a-z-]+)(?: \])?( arg| \[=arg)?", text, re.M)
    )


def options_of_page(page):
    """{verb or "every verb": options as above}, of the sections of DESCRIPTION."""
    out = {}
    for section in re.split(r"^\.Ss ", page.split(".Sh ENVIRONMENT")[0], flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        listed = set()
        for words in re.findall(r"^\.It (Fl .*)", body, re.M):
            short, long, value = re.fullmatch(r"(?:Fl (\w) , )?Fl -([a-z-]+)( Ar .+)?", words).groups()
            assert long not in {other for other, _, _ in listed}, f"--{long} stands twice under {heading}"
            listed.add((long, short or "", bool(value)))
        for verb in [heading] if heading == "every verb" else re.split(r", | and ", heading):
            known = out.setdefault(verb, set())
            assert not known & listed, f"{verb}: {known & listed} stand twice"
            known |= listed
    return out


def main():
    program, path, errors = sys.argv[1:]
    page = open(path).read()
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path], capture_output=True, text=True)
    assert lint.returncode == 0 and not lint.stdout, lint.stdout
    verbs = re.findall(r"^  (\w+) +\w", output(program, "--help").split("\nThe first")[0], re.M)
    assert len(verbs) > 5, verbs
    documented = options_of_page(page)
    everywhere = documented.pop("every verb")
    assert sorted(documented) == sorted(verbs), (documented.keys(), verbs)
    synopsis = page.split(".Sh SYNOPSIS")[1].split(".Sh")[0]
    assert re.findall(r"^\.Cm (\w+)", synopsis, re.M) == verbs, synopsis
    for verb in verbs:
        shown = options_of_help(output(program, verb, "--help"))
        assert len(shown) >= len(everywhere) > 5, shown
        page_has = documented[verb] | everywhere
        assert page_has == shown, f"{verb}: only in the page {page_has - shown}, only in --help {shown - page_has}"
    with open(errors, newline="") as file:
        codes = {int(row["cli_exit_code"]) for row in csv.DictReader(file)}
    status = page.split(".Sh EXIT STATUS")[1].split(".El")[0]
    assert {int(code) for code in re.findall(r"^\.It (\d)", status, re.M)} == codes | {0}, codes
    print(f"{len(verbs)} verbs are as the page says")


if __name__ == "__main__":
    main()
