#!/usr/bin/env python3
"""Instructions per page by function, of the windows that scripts/profile.c has counted.

usage: profile.py DIR...    of one kernel each: DIR/ktap, DIR.tsv (windows), DIR.symbols (of nm -S)

A window belongs to the row that aging_perf_test has printed if it has as many
instructions as the row has nanoseconds.
"""
import bisect
import collections
import os
import sys

LEAST = 0.02  # the share of a column that makes a function worth a line,
DIFFERENCE = 0.005  # and so does that share as the difference of two columns


def read_windows(directory):
    symbols = []
    with open(directory + ".symbols") as lines:
        for line in lines:
            address, *_, kind, name = line.split()
            if kind in "tTwW":
                symbols.append((int(address, 16), name))
    symbols.sort()
    starts = [address for address, _ in symbols]
    windows = collections.defaultdict(collections.Counter)
    with open(directory + ".tsv") as lines:
        for line in lines:
            window, address, count = line.split()
            at = bisect.bisect_right(starts, int(address, 16)) - 1
            windows[int(window)][symbols[at][1] if at >= 0 else "?"] += int(count)
    return list(windows.values())


def profiles(directory):
    windows = read_windows(directory)
    with open(directory + "/ktap") as lines:
        for line in lines:
            fields = line[2:].rstrip("\n").split("\t")
            if line.startswith("# #memory\t"):
                header = line[3:].rstrip("\n").split("\t")
            if not line.startswith("# ") or fields[0] not in ("process", "vm"):
                continue
            row = dict(zip(header, fields))
            memory, state, pages, ns = row["memory"], row["state"], row.get("pages") or row["scanned"], row["ns"]
            window = min(windows, key=lambda w: abs(sum(w.values()) - int(ns)))
            if abs(sum(window.values()) - int(ns)) > int(ns) / 100:
                sys.exit("profile.py: no window of %s has the %s instructions of %s, %s" % (directory, ns, memory, state))
            yield memory, state, "scanned" in row, {f: n / int(pages) for f, n in window.items()}


def main(directories):
    columns = collections.OrderedDict()
    for directory in directories:
        for memory, state, is_eviction, profile in profiles(directory):
            name = "%s, %s" % ("VM" if memory == "vm" else memory, os.path.basename(directory))
            columns.setdefault((is_eviction, state), {}).setdefault(name, profile)
    for (is_eviction, state), profiles_of in columns.items():
        print("\n%s, %s: instructions per page%s, by function\n" % (
            "Eviction" if is_eviction else "Aging", state, " scanned" if is_eviction else ""))
        print("| function | %s |" % " | ".join(profiles_of))
        print("| --- |%s" % (" ---: |" * len(profiles_of)))
        total = {name: sum(profile.values()) for name, profile in profiles_of.items()}
        functions = []
        for function in {f for profile in profiles_of.values() for f in profile}:
            counts = {name: profile.get(function, 0) for name, profile in profiles_of.items()}
            if (max(counts.values()) - min(counts.values()) >= DIFFERENCE * max(total.values()) or
                    any(n >= LEAST * total[name] for name, n in counts.items())):
                functions.append(function)
        functions.sort(key=lambda f: (-max(p.get(f, 0) for p in profiles_of.values()), f))
        print("| all | %s |" % " | ".join("%.1f" % total[name] for name in profiles_of))
        for function in functions:
            print("| %s | %s |" % (function, " | ".join("%.1f" % p.get(function, 0) for p in profiles_of.values())))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
