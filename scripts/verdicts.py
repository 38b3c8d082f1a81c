#!/usr/bin/env python3
"""Lets the kernel's kunit.py judge DIR/ktap and writes DIR/results.tsv.

usage: verdicts.py TREE DIR; exit status 1 if the guest did not get to the end. TREE has
kunit.py.
"""
import json
import os
import re
import subprocess
import sys

tree, out = map(os.path.abspath, sys.argv[1:])  # kunit.py changes directory
ktap = os.path.join(out, "ktap")
report = os.path.join(out, "kunit.json")

parsed = subprocess.run(
    [sys.executable, os.path.join(tree, "tools/testing/kunit/kunit.py"), "parse", "--json=" + report, ktap],
    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
with open(os.path.join(out, "kunit.log"), "w") as log:
    log.write(parsed.stdout)

# Why a test was skipped or failed, and what it skipped inside, is in the text.
reasons, verdicts, empty, complete = {}, {}, set(), True
skipped, tested, why = [], 0, ""
with open(ktap, errors="replace") as lines:
    for line in lines:
        case = re.match(r"(?:#|   ) +(?:not )?ok \d+\b(?:.*# SKIP *(.*))?", line)
        if case and case[1] is not None:
            skipped.append(case[1])
        elif case:
            tested += 1
        elif line.startswith("# # Skipped: "):
            why = line.removeprefix("# # Skipped: ").strip()
        elif line.startswith("Bail out!"):
            print("==> " + line.strip(), file=sys.stderr)
            complete = False
        verdict = re.match(r"((?:not )?ok) \d+ (\S+)(?: # (.*))?", line)
        if verdict:
            inside = "%d skipped: %s" % (len(skipped), "; ".join(skipped)) if skipped else ""
            if skipped and not tested:
                empty.add(verdict[2])
                inside = why or inside
            verdicts[verdict[2]] = verdict[1]
            reasons[verdict[2]] = (verdict[3] or inside).removeprefix("SKIP ")
            skipped, tested, why = [], 0, ""

def outcome(group):
    """A test with subtests, as if it had none."""
    counts, ok = group["misc"], verdicts.get(group["name"]) == "ok"
    if counts["crashed"]:
        status = "ERROR"
    elif counts["failed"] or counts["errors"] or not ok:
        status = "FAIL"
    else:
        status = "PASS" if counts["passed"] else "SKIP"
    return {"name": group["name"], "status": status}

cases = []
if os.path.exists(report):
    with open(report) as file:
        result = json.load(file)
    cases = result["test_cases"] + [outcome(group) for group in result["sub_groups"]]
    cases.sort(key=lambda case: list(reasons).index(case["name"]) if case["name"] in reasons else -1)
names = {"PASS": "pass", "SKIP": "skip", "FAIL": "FAIL", "ERROR": "CRASH"}
with open(os.path.join(out, "results.tsv"), "w") as table:
    for case in cases:
        if case["name"] in reasons:
            # One that has skipped all of its cases has shown nothing.
            if case["name"] in empty and case["status"] == "PASS":
                case["status"] = "SKIP"
            print(case["name"], names[case["status"]], reasons[case["name"]], sep="\t", file=table)
        else:
            complete = False

if not cases or not complete:
    print("==> the guest stopped before the end of its plan: see %s and %s/console" % (ktap, out), file=sys.stderr)
    sys.exit(1)
