#!/usr/bin/env python3
# Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sums test results: utils/count-results.py FOLDER

FOLDER holds what ./check collected: lit.xml, ctest.xml and gtest/*.xml (JUnit's
format) and steps.txt (a line 'passed|failed|skipped NAME' each). A GoogleTest
program counts by its own cases, which ctest sees as one. Prints what failed and
was skipped, then 'N passed, N failed, N skipped' alone on the last line; the
exit code is 1 when anything failed or nothing ran.
"""
import glob
import os
import sys
import xml.etree.ElementTree as ElementTree


def cases(path):
    """Yields (name, result) of a JUnit file."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = (case.get("classname", "") + "." + case.get("name", "")).strip(".")
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed"
        elif (case.find("skipped") is not None or case.get("result") == "skipped"
              or case.get("status") in ("notrun", "disabled")):
            yield name, "skipped"
        else:
            yield name, "passed"


def main():
    folder = sys.argv[1]
    results = []
    programs = {}
    for path in glob.glob(os.path.join(folder, "gtest", "*.xml")):
        try:
            programs[os.path.basename(path)[:-4]] = list(cases(path))
        except ElementTree.ParseError:
            pass  # the program died while it wrote; ctest's verdict counts
    lit = os.path.join(folder, "lit.xml")
    ctest = os.path.join(folder, "ctest.xml")
    for kind, path in (("lit", lit), ("ctest", ctest)):
        try:
            found = list(cases(path))
        except (OSError, ElementTree.ParseError) as error:
            print("%s has no readable results: %s" % (kind, error))
            results.append((kind, "failed"))
            continue
        for name, result in found:
            own = programs.get(name.split(".")[-1]) if kind == "ctest" else None
            if not own:
                results.append((kind + ": " + name, result))
                continue
            results += [(kind + ": " + n, r) for n, r in own]
            if result == "failed" and all(r != "failed" for _, r in own):
                results.append((kind + ": " + name + " (the program)", result))
    try:
        with open(os.path.join(folder, "steps.txt")) as steps:
            for line in steps:
                result, name = line.rstrip("\n").split(" ", 1)
                results.append((name, result))
    except OSError:
        pass
    for want in ("skipped", "failed"):
        for name, result in results:
            if result == want:
                print("%s: %s" % (want, name))
    count = {r: sum(1 for _, x in results if x == r)
             for r in ("passed", "failed", "skipped")}
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % count)
    sys.exit(1 if count["failed"] or not count["passed"] else 0)


main()
