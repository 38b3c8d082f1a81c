#!/usr/bin/env python3
"""Turns what aging_perf_test prints into tables, text and pictures.

usage: results.py rows RUN KERNEL MACHINE KTAP   the rows that are in a KTAP log
       results.py run ROWS.TSV                   the table of 'make run'
       results.py summary ROWS.TSV               the tables of 'make bench', as TSV
       results.py show RESULTS.TSV               the same for people
       results.py docs TOP                       write docs/RESULTS.md, docs/*.svg and
                                                 the tables of README.md from results/
       results.py check TOP                      whether these are from results/

A figure is the median of the rounds, its spread what lies between the least and the
greatest of them, in percent of the median. "met" is about each of the rounds.
"""
import collections
import glob
import hashlib
import os
import re
import statistics
import subprocess
import sys

SHARES = {"cold": 0, "1%": 1, "10%": 10, "50%": 50, "hot": 100}
STATES = ["hot", "50%", "10%", "cold"]
KINDS = {"mixed": "large and small folios", "mthp": "64KiB folios", "thp": "2MiB folios", "slots": "16 memslots",
         "vcpus": "4 vCPUs", "shadow": "shadow MMU", "sparse": "one page in 100 present",
         "unforced": "as reclaim walks, not forced", "eviction": "eviction"}
LOCKS = {"mmu_lock_held": "held for write", "mmu_lock_waited": "waited for"}
# Of the costs that come first in docs/RESULTS.md.
PLAIN = "128 MiB"

# What was aimed at: a cost of the series, the same on the base or of a base's process.
GOALS = {
    "v6.12": {"process": (0.90, 0.40), "vm": (1.10, 0.50)},
    "q35-npt": {"process": (0.84, 0.35), "vm": (0.84, 0.45)},
    "virt-vhe": {"process": (0.90, 0.45), "vm": (0.87, 0.50)},
}


def rows(run, kernel, machine, ktap):
    """KTAP names a test after its output."""
    found = []
    with open(ktap, errors="replace") as lines:
        for line in lines:
            if re.match(r"# #?[a-z][a-z, ]*(\t[^\t]+){6}", line):
                found.append(line[2:].rstrip("\n"))
            verdict = re.match(r"(?:not )?ok \d+ (\S+)", line)
            if verdict:
                for row in found:
                    print(run, kernel, machine, verdict[1], row, sep="\t")
                found = []


class Bench:
    """The rows by where they come from, as dictionaries."""

    def __init__(self, path):
        self.rows, header = [], None
        with open(path) as lines:
            for line in lines:
                run, kernel, machine, test, *fields = line.rstrip("\n").split("\t")
                if fields[0].startswith("#"):
                    header = [fields[0][1:]] + fields[1:]
                    continue
                self.rows.append(dict(zip(header, fields), run=run, kernel=kernel, machine=machine, test=test))
        self.runs = sorted({row["run"] for row in self.rows}, key=int)

    def find(self, **want):
        return [row for row in self.rows if all(row.get(key) == value for key, value in want.items())]

    def cost(self, **want):
        """The cost of a page, one figure for each run in which the pages were as young as they should have been."""
        return [float(row["ns_per_page"]) for run in self.runs for row in self.find(run=run, **want)
                if "young" not in row or int(row["young"]) >= 0.9 * int(row["touched"])]

    def kernels(self, test):
        """Beside the base and the series, kernels of variants/."""
        return sorted({row["kernel"] for row in self.find(test=test)} - {"base", "series"})


def divide(figures, by):
    return [a / b for a, b in zip(figures, by, strict=True)]


def median(figures):
    return statistics.median(figures) if figures else None


def spread(*columns):
    return max((100 * (max(f) - min(f)) / statistics.median(f) for f in columns if f), default=0)


def figure(value, digits=1):
    return "-" if value is None else "%.*f" % (digits, value)


def calls(bench, kernel, state, test="fraction"):
    return [float(row["calls_per_table"]) for row in bench.find(test=test, kernel=kernel, memory="vm", state=state)]


def pairs(bench, test, kernel):
    """Round by round, faults while another CPU ages, and while it spins."""
    for row in bench.find(test=test, kernel=kernel, aging="age"):
        idle, = bench.find(test=test, kernel=kernel, run=row["run"], round=row["round"], aging="spin")
        yield row, idle


def latency(bench, kernel, percentile):
    return [float(row[percentile]) / float(idle[percentile]) for row, idle in pairs(bench, "faults", kernel)]


def lock(bench, kernel, what):
    """The share of time that is due to aging, in percent."""
    return [100 * (float(row[what]) / float(row["ns"]) - float(idle[what]) / float(idle["ns"]))
            for row, idle in pairs(bench, "locks", kernel)]


def in_parallel(bench, kernel, state):
    found = []
    for run in bench.runs:
        want = {"run": run, "kernel": kernel, "memory": "vm", "state": state}
        alone = [float(row["ns"]) for test in ("alone", "alone_again") for row in bench.find(test=test, **want)]
        together = [float(row["ns"]) for row in bench.find(test="parallel", **want)]
        if alone and together:
            found.append(max(together) / statistics.mean(alone))
    return found


def mebibytes(bench, test):
    return int(bench.find(test=test)[0]["size"]) // 256


# ---- the tables: the head, then the rows --------------------------------------

def pass_table(bench):
    """What README.md quotes."""
    yield [""] + STATES
    for memory, name in (("process", "process"), ("vm", "VM")):
        for kernel in ("base", "series"):
            yield ["%s, %s" % (name, kernel)] + [figure(median(bench.cost(
                test="fraction", kernel=kernel, memory=memory, state=state))) for state in STATES]
    for kernel in ("base", "series"):
        yield ["VM, %s: calls per page table" % kernel] + [figure(median(calls(bench, kernel, state)), 0) for state in STATES]


def summary_table(bench):
    """Beside it, what a cover letter quotes: 75 columns are enough."""
    yield ["", "base", "series"]
    more = []
    more += [("%s, walk not forced, %s" % (name, s),
              lambda k, s=s, m=m: bench.cost(test="unforced", kernel=k, memory=m, state=s), 1)
             for m, name in (("process", "process"), ("vm", "VM")) for s in ("hot", "cold")]
    more += [("VM, 64KiB folios, %s" % s, lambda k, s=s: bench.cost(test="mthp", kernel=k, memory="vm", state=s), 1)
             for s in ("hot", "cold")]
    more += [("VM, shadow MMU, %s" % s, lambda k, s=s: bench.cost(test="shadow", kernel=k, memory="vm", state=s), 1)
             for s in ("hot", "cold")]
    more += [("VM, one page in 100 present, %s" % s,
              lambda k, s=s: bench.cost(test="sparse", kernel=k, memory="vm", state=s), 0) for s in ("hot", "cold")]
    more += [("VM, eviction, %s, per page scanned" % s,
              lambda k, s=s: bench.cost(test="eviction", kernel=k, memory="vm", state=s), 0) for s in ("50%", "cold")]
    more += [("vCPU fault, %s, another CPU ages / spins" % p, lambda k, p=p: latency(bench, k, p), 2) for p in ("p50", "p99")]
    more += [("mmu_lock %s due to aging, %% of time" % text, lambda k, key=key: lock(bench, k, key), 2)
             for key, text in LOCKS.items()]
    more += [("2 VMs aged at once / one alone, %s" % s, lambda k, s=s: in_parallel(bench, k, s), 2) for s in ("hot", "cold")]
    for name, value, digits in more:
        columns = [value(kernel) for kernel in ("base", "series")]
        if any(columns):
            yield [name] + [figure(median(column), digits) for column in columns]


def goals_table(bench):
    def cost(kernel, memory, state, test="fraction"):
        return bench.cost(test=test, kernel=kernel, memory=memory, state=state)

    yield ["the series' cost of a page of ... / the base's of ...", "ratio", "goal", "met"]
    release = os.environ.get("RELEASE")
    limits = GOALS.get(release) or GOALS.get(bench.rows[0]["machine"], GOALS["q35-npt"])
    goals = [("a process, %s / the same" % s, cost("series", "process", s), cost("base", "process", s), limits["process"][i])
             for i, s in enumerate(("hot", "cold"))]
    goals += [("a VM, %s / a process, %s" % (s, s), cost("series", "vm", s), cost("base", "process", s), limits["vm"][i])
              for i, s in enumerate(("hot", "cold"))]
    if release not in GOALS:
        for what, test, state, limit in (("10%", "fraction", "10%", 0.75), ("64KiB folios, hot", "mthp", "hot", 1.30),
                                         ("64KiB folios, cold", "mthp", "cold", 0.45), ("eviction, 50%", "eviction", "50%", 1.20),
                                         ("eviction, cold", "eviction", "cold", 1.25)):
            goals.append(("a VM, %s / a process alike" % what, cost("series", "vm", state, test),
                          cost("base", "process", state, test), limit))
        for state, limit in (("hot", 0.37), ("cold", 0.23)):
            goals.append(("a VM, shadow MMU, %s / the same" % state, cost("series", "vm", state, "shadow"),
                          cost("base", "vm", state, "shadow"), limit))
        goals.append(("a VM, hot, walk not forced / the same", cost("series", "vm", "hot", "unforced"),
                      cost("base", "vm", "hot", "unforced"), 0.22))
    for what, figures, by, limit in goals:
        if figures:
            ratios = divide(figures, by)
            met = sum(ratio <= limit for ratio in ratios)
            yield [what, figure(median(ratios), 2), "<= %.2f" % limit,
                   "yes" if met == len(ratios) else "no" if not met else "in %d of %d rounds" % (met, len(ratios))]


def costs_table(bench):
    yield ["memory", "process, base", "process, series", "VM, base", "VM, series", "VM, series / process, base", "spread"]
    order = ["fraction"] + ["size_" + size for size in ("32M", "512M", "4G")] + list(KINDS)
    tests = {row["test"] for row in bench.rows}
    for test in (test for test in order if test in tests):
        for state in SHARES:
            columns = [bench.cost(test=test, kernel=kernel, memory=memory, state=state)
                       for memory in ("process", "vm") for kernel in ("base", "series")]
            if not columns[0]:
                continue
            name = "%d MiB" % mebibytes(bench, test) + (", " + KINDS[test] if test in KINDS else "")
            yield (["%s, %s" % (name, state)] + [figure(median(c)) for c in columns] +
                   [figure(median(divide(columns[3], columns[0])), 2), "%.1f%%" % spread(*columns)])


def reclaim_table(bench):
    """What accesses cost if a part of the memory is swapped out."""
    yield ["", "access", "aging", "reclaim", "refaults", "hot out", "spread"]
    figures = [("%.0f", "ns", "accesses", 1), ("%.0f%%", "aging_ns", "ns", 100), ("%.0f%%", "reclaim_ns", "ns", 100),
               ("%.1f", "refaults", "accesses", 1000), ("%.2f", "hot_swapped_out", "hot", 1000)]
    for memory, name in (("process", "process, %s"), ("vm, not aged", "VM, %s, not aged"), ("vm", "VM, %s")):
        for kernel in ("base", "series"):
            found = bench.find(test="reclaim", memory=memory, kernel=kernel)
            if found:
                columns = [[scale * float(row[what]) / float(row[per]) for row in found] for _, what, per, scale in figures]
                yield [name % kernel] + [text % median(c) for (text, *_), c in zip(figures, columns)] + [
                    "%.1f%%" % spread(columns[0])]


def waits_table(bench):
    """What faults wait for while another CPU ages: two locks of mm, which KVM does not take."""
    yield ["while one CPU faults, another", "spins", "ages, base", "ages, series"]
    rounds = {kernel: list(pairs(bench, "locks", kernel)) for kernel in ("base", "series")}
    columns = [[(idle, idle) for _, idle in rounds["series"]], rounds["base"], rounds["series"]]
    whats = [("aging passes per 1000 faults", 1, lambda row, idle: 1000 * float(row["passes"]) / float(row["pages"])),
             ("p99 / median while another CPU spins", 1, lambda row, idle: float(row["p99"]) / float(idle["p50"]))]
    for name, key in (("page table locks", "ptl"), ("lru_lock", "lru_lock")):
        whats += [("%s: waits per 1000 faults" % name, 1, lambda row, idle, key=key: 1000 * float(row[key + "_waits"]) / float(row["pages"])),
                  ("%s: longest wait, us" % name, 0, lambda row, idle, key=key: float(row[key + "_longest"]) / 1000)]
    for what, digits, value in whats:
        yield [what] + [figure(median([value(*pair) for pair in column]), digits) for column in columns]


def batching_table(bench):
    """variants/x86_64/page-by-page.patch: what one call for each page table is worth by itself."""
    yield [""] + STATES
    columns = {"VM, base": ("fraction", "base"), "VM, page by page": ("page_by_page", "page-by-page"),
               "VM, by page table": ("by_table", "page-by-page")}
    for name, (test, kernel) in columns.items():
        yield [name] + [figure(median(bench.cost(test=test, kernel=kernel, memory="vm", state=state))) for state in STATES]
    for name, (test, kernel) in columns.items():
        yield [name + ": calls per page table"] + [figure(median(calls(bench, kernel, state, test)), 0) for state in STATES]


def variants_table(bench, variants):
    """The series beside a part of it, or kernels that do something else in its place."""
    kernels = ["base", "series"] + variants
    yield ["what"] + kernels
    whats = [("%s, %s" % (name, s), lambda k, m=m, s=s: bench.cost(test="fraction", kernel=k, memory=m, state=s), 1)
             for m, name in (("process", "process"), ("vm", "VM")) for s in ("hot", "cold")]
    whats += [("VM, one page in 100 present, %s" % s,
               lambda k, s=s: bench.cost(test="sparse", kernel=k, memory="vm", state=s), 0) for s in ("hot", "cold")]
    whats += [("VM, eviction, %s, per page scanned" % s,
               lambda k, s=s: bench.cost(test="eviction", kernel=k, memory="vm", state=s), 0) for s in ("50%", "cold")]
    whats += [("vCPU fault, %s, another CPU ages / spins" % p, lambda k, p=p: latency(bench, k, p), 2) for p in ("p50", "p99")]
    whats += [("mmu_lock %s due to aging, %% of time" % text, lambda k, key=key: lock(bench, k, key), 2) for key, text in LOCKS.items()]
    for what, value, digits in whats:
        columns = [value(kernel) for kernel in kernels]
        if any(columns):
            yield [what] + [figure(median(column), digits) for column in columns]


def summary(path):
    bench = Bench(path)
    tables = {"pass": pass_table, "summary": summary_table, "costs": costs_table, "reclaim": reclaim_table}
    if bench.find(test="locks"):
        tables["waits"] = waits_table
    if bench.find(test="page_by_page"):
        tables["batching"] = batching_table
    for name, is_posting in (("postings", True), ("variants", False)):
        kernels = [kernel for kernel in bench.kernels("fraction") if kernel.endswith("-posting") == is_posting]
        if kernels:
            tables[name] = lambda bench, kernels=kernels: variants_table(bench, kernels)
    tables["goals"] = goals_table
    for name, table in tables.items():
        for i, row in enumerate(table(bench)):
            print(*(["table"] if not i else []), name, *row, sep="\t")


def run(path):
    bench = Bench(path)
    cost = {(m, k, s): median(bench.cost(test="aging_perf", memory=m, kernel=k, state=s))
            for m in ("process", "vm") for k in ("base", "series") for s in ("hot", "cold")}
    print("One aging pass of MGLRU, instructions for each 4KiB page: accessed since the last pass (hot), or not (cold).")
    print("Below: in how many calls KVM was asked about the pages of a page table, and how many pages were found young.\n")
    line = "%-16s %8s %9s %8s %9s %16s %18s"
    print(line % ("", "hot", "of base", "cold", "of base", "calls hot/cold", "young of accessed"))
    for memory, name in (("process", "process"), ("vm", "VM")):
        for kernel in ("base", "series"):
            cells = []
            for state in ("hot", "cold"):
                value = cost[memory, kernel, state]
                if value is None:
                    sys.exit("results.py: too few of the accessed pages were found young on the %s kernel: see %s" % (kernel, path))
                cells += ["%.1f" % value, "" if kernel == "base" else "%.3f" % (value / cost[memory, "base", state])]
            hot, = bench.find(memory=memory, kernel=kernel, state="hot")
            cold, = bench.find(memory=memory, kernel=kernel, state="cold")
            print(line % ("%s, %s" % (name, kernel), *cells, "-" if memory == "process" else "%s/%s" % (
                hot["calls_per_table"], cold["calls_per_table"]), "%s of %s" % (hot["young"], hot["touched"])))
    ratio = {(m, s): cost[m, "series", s] / cost[m, "base", s] for m in ("process", "vm") for s in ("hot", "cold")}
    print("\nWith the series, a hot page of the VM costs %.2f of what it costs on the base, and a cold one %.2f; "
          "of a process, %.2f and %.2f." % (ratio["vm", "hot"], ratio["vm", "cold"], ratio["process", "hot"], ratio["process", "cold"]))


# ---- text and pictures ---------------------------------------------------------

def read_results(path):
    notes, tables = {}, collections.defaultdict(list)
    with open(path) as lines:
        for line in lines:
            if line.startswith("# "):
                key, value = line[2:].rstrip("\n").split(": ", 1)
                notes[key] = value
                continue
            name, *fields = line.rstrip("\n").split("\t")
            tables[fields.pop(0) if name == "table" else name].append(fields)
    return notes, tables


def markdown_table(rows):
    head, *rows = rows
    return ["| %s |" % " | ".join(head), "|%s" % (" --- |" + " ---: |" * (len(head) - 1))] + [
        "| %s |" % " | ".join(row) for row in rows]


def state_of(notes):
    return "Base: %(base)s; series: %(series)s; %(compiler)s; %(emulator)s; machine %(machine)s." % notes


CAPTIONS = {
    "pass": "One forced pass, instructions for each page, if all pages have been accessed before it (hot), a part of them, or "
            "none (cold):",
    "summary": "Instructions for each page in one forced pass, unless said otherwise:",
    "costs": "One forced pass, instructions for each page (eviction: for each page scanned):",
    "reclaim": "64 MiB with a quarter swapped out, nine of ten accesses to a fifth of the pages, an aging pass and proactive "
               "reclaim in each round. Instructions per access, the shares of aging and of reclaim in them, refaults per 1000 accesses, and hot pages swapped out per 1000:",
    "waits": "Locks of mm that a vCPU's faults may wait for while another CPU ages without a break (lock_stat):",
    "batching": "What one call for each page table is worth by itself: the last two are one kernel, in one boot, which "
                "`variants/x86_64/page-by-page.patch` lets ask about each page by itself:",
    "postings": "The series beside its first posting alone, instructions for each page:",
    "variants": "The series beside what could have been done instead (`variants/`), instructions for each page:",
    "goals": "What was aimed at:",
}
PICTURES = {"pass": ["cost", "share"], "costs": ["size"], "reclaim": ["reclaim"]}
ALT = {"cost": "cost of a page, base and series", "share": "cost against the share of hot pages",
       "size": "cost against the size of the memory", "reclaim": "cost of an access under reclaim"}

INTRO = """# Results

Generated by `make results` from `results/`, where it puts what the last `make bench` has
measured on both kernels in turn.

- An instruction is one that QEMU has counted (`-icount shift=0`), the least of three passes;
  of one for 4096 MiB and for eviction; under reclaim, the mean of 64 rounds. The counts say
  nothing about caches, or about the cost of an atomic operation on a real CPU.
- A pass is forced: a write to the lru_gen file in debugfs with `force_scan` set, which
  walks all page tables. Passes that reclaim starts skip page tables that were cold before.
- Memory is 4KiB pages unless said otherwise: all accessed before the pass (hot), none
  (cold), or some. A process accesses through the page tables that MGLRU walks; the guest of
  a VM sets the Accessed bit in KVM's page tables only.
- One page in 100 present: every 100th page of the memory exists, and the divisor is the
  number of pages that exist.
- Eviction is `memory.reclaim` of memory full of zeroes, which the kernel swaps out without
  I/O; the divisor is `pgscan` of memory.stat.
"""


PARALLEL = """- Fault latencies and parallel aging are ratios of times within a run of emulated CPUs. Only
  large differences between them mean anything.
"""


def results_files(top):
    return sorted(glob.glob(top + "/results/*.tsv"), key=lambda path: (len(path), path))


def stem(path):
    return os.path.basename(path).removesuffix(".tsv")


def results_md(top):
    text = [INTRO]
    for path in results_files(top):
        notes, tables = read_results(path)
        text.append("## %s, %s\n\n%s\n" % (stem(path).split("-")[0], notes["machine"].split(",")[0], state_of(notes)))
        for name, rows in tables.items():
            text.append(CAPTIONS[name] + "\n")
            text += ["![%s](%s-%s.svg)\n" % (ALT[picture], stem(path), picture) for picture in PICTURES.get(name, [])]
            # One round has no spread.
            shown = [row[:-1] for row in rows] if rows[0][-1] == "spread" and notes["machine"].endswith("rounds: 1") else rows
            text.append("\n".join(markdown_table(shown)) + "\n")
    if any("another CPU" in part for part in text):
        text[0] += PARALLEL
    return "\n".join(text)


BEGIN, END = "<!-- make results: %s -->\n", "<!-- end -->\n"


def readme_with_tables(top):
    """README.md has the first table of the files that it names."""
    with open(top + "/README.md") as file:
        text = file.read()
    if not any(BEGIN % os.path.basename(path) in text for path in results_files(top)):
        sys.exit("results.py: README.md has no line that says from which file of results/ its table is")
    for path in results_files(top):
        before, found, rest = text.partition(BEGIN % os.path.basename(path))
        _, ended, after = rest.partition(END)
        if found and not ended:
            sys.exit("results.py: README.md has no line %s after %s" % (END.strip(), found.strip()))
        if found:
            notes, tables = read_results(path)
            lines = markdown_table(tables["pass"]) + ["", state_of(notes)]
            text = before + found + "\n".join(lines) + "\n" + END + after
    return text


# What is readable on white as on black.
GREY, COLOURS = "#808080", ["#d9822b", "#2b8cbe", "#b0580e", "#1b5f85"]


def gnuplot(path, size, script, data):
    """Without a background. The first line tells which figures it shows."""
    text = "set terminal svg size %s font 'sans-serif,14'\nset output\n" % size
    text += "".join("$%s << EOD\n%s\nEOD\n" % (name, "\n".join(lines)) for name, lines in data.items())
    text += """set border 3 linecolor rgb '{0}'
set tics nomirror textcolor rgb '{0}'
set key top left textcolor rgb '{0}' noenhanced
set ylabel textcolor rgb '{0}'
set xlabel textcolor rgb '{0}'
set grid ytics linecolor rgb '{0}' linewidth 0.3
set yrange [0:*]
""".format(GREY)
    drawn = subprocess.run(["gnuplot"], text=True, check=True, stdout=subprocess.PIPE,
                           input=text + script).stdout
    with open(path + ".part", "w") as file:
        file.write(drawn.rstrip("\n") + "\n<!-- %s -->\n" % data_id(data))
    os.replace(path + ".part", path)


def data_id(data):
    return "figures: " + hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest()[:16]


def pictures(path):
    """name, size, script, data of each."""
    _, tables = read_results(path)
    costs = {row[0]: row[1:5] for row in tables["costs"][1:]}
    labels = tables["costs"][0][1:5]
    per_page = "set ylabel 'instructions per page'\n"

    bars = [("process, hot", "hot", 0), ("process, cold", "cold", 0), ("VM, hot", "hot", 2), ("VM, cold", "cold", 2)]
    data = {"d": ['"%s" %s %s' % (name, costs["%s, %s" % (PLAIN, state)][i], costs["%s, %s" % (PLAIN, state)][i + 1])
                  for name, state, i in bars]}
    yield "cost", "720,360", per_page + """set style data histogram
set style histogram clustered gap 1
set style fill solid noborder
set xtics scale 0
set boxwidth 0.9
set offsets 0, 0, graph 0.12, 0
plot $d using 2:xtic(1) title 'base' linecolor rgb '{1}', '' using 3 title 'series' linecolor rgb '{2}', \\
  '' using ($0 - 0.17):2:(sprintf('%.0f', $2)) with labels offset 0,0.6 textcolor rgb '{0}' notitle, \\
  '' using ($0 + 0.17):3:(sprintf('%.0f', $3)) with labels offset 0,0.6 textcolor rgb '{0}' notitle
""".format(GREY, *COLOURS), data

    def lines_of(points, x):
        lines = {"d%d" % i: ["%s %s" % (x(key), costs[key][i]) for key in points] for i in range(4)}
        style = [(COLOURS[0], 2), (COLOURS[1], 2), (COLOURS[0], 1), (COLOURS[1], 1)]
        plot = "plot " + ", ".join("$d%d with linespoints linewidth 2 dashtype %d pointtype 7 pointsize 0.6 linecolor rgb '%s' title '%s'" % (
            i, style[i][1], style[i][0], labels[i]) for i in (2, 3, 0, 1)) + "\n"
        return lines, plot

    shares = [key for key in ("%s, %s" % (PLAIN, state) for state in SHARES) if key in costs]
    data, plot = lines_of(shares, lambda key: SHARES[key.split(", ")[1]])
    yield "share", "720,360", per_page + "set key center right\nset xlabel 'pages accessed since the last pass, percent'\n" + plot, data

    for state in ("cold",):
        sizes = sorted((key for key in costs if re.fullmatch(r"\d+ MiB, %s" % state, key)), key=lambda key: int(key.split()[0]))
        data, plot = lines_of(sizes, lambda key: key.split()[0])
        yield "size", "720,360", per_page + "set logscale x 2\nset key center right\nset xlabel 'memory, MiB, no page accessed since the last pass'\n" + plot, data

    if tables.get("reclaim"):
        stacks = []
        for name, total, aging, reclaim, *_ in tables["reclaim"][1:]:
            total, aging, reclaim = float(total), float(aging.rstrip("%")), float(reclaim.rstrip("%"))
            stacks.append('"%s" %.0f %.0f %.0f' % (name.replace(", ", "\\n"), total * (100 - aging - reclaim) / 100,
                                                   total * reclaim / 100, total * aging / 100))
        yield "reclaim", "720,380", """set ylabel 'instructions per access'
set style data histogram
set style histogram rowstacked
set style fill solid noborder
set boxwidth 0.6
set bmargin 5
set xtics scale 0 font ',11'
plot $d using 2:xtic(1) title 'access and refault' linecolor rgb '#8c8c8c', '' using 3 title 'reclaim' linecolor rgb '#8d6fc4', \\
  '' using 4 title 'aging' linecolor rgb '#2a9d6f'
""", {"d": stacks}


def docs(top):
    for path in results_files(top):
        for name, size, script, data in pictures(path):
            gnuplot("%s/docs/%s-%s.svg" % (top, stem(path), name), size, script, data)
    for name, text in (("README.md", readme_with_tables(top)), ("docs/RESULTS.md", results_md(top))):
        with open("%s/%s.part" % (top, name), "w") as file:
            file.write(text)
        os.replace("%s/%s.part" % (top, name), "%s/%s" % (top, name))


def check(top):
    wrong = []
    for name, text in (("README.md", readme_with_tables(top)), ("docs/RESULTS.md", results_md(top))):
        with open("%s/%s" % (top, name)) as file:
            wrong += [name] if file.read() != text else []
    for path in results_files(top):
        for name, _, _, data in pictures(path):
            picture = "docs/%s-%s.svg" % (stem(path), name)
            with open("%s/%s" % (top, picture)) as file:
                wrong += [picture] if data_id(data) not in file.read() else []
    if wrong:
        sys.exit("results.py: not what results/ says: %s; run 'make results'" % ", ".join(wrong))


def show(path):
    notes, tables = read_results(path)
    for name, table in tables.items():
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        print(CAPTIONS[name])
        for row in table:
            print("  " + "  ".join(cell.ljust(width) if not i else cell.rjust(width)
                                   for i, (cell, width) in enumerate(zip(row, widths))))
        print()
    print(state_of(notes))


if __name__ == "__main__":
    commands = {"rows": (rows, 4), "run": (run, 1), "summary": (summary, 1), "show": (show, 1), "docs": (docs, 1), "check": (check, 1)}
    command, count = commands.get(sys.argv[1] if len(sys.argv) > 1 else "", (None, 0))
    if not command or len(sys.argv) != 2 + count:
        sys.exit(__doc__)
    command(*sys.argv[2:])
