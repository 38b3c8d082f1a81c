#!/usr/bin/env python3
"""What the rows that 'make bench' has collected say.

usage: results.py summary BENCH.TSV           the tables, as TSV
       results.py markdown RESULTS.TSV        the same for people
       results.py plots BENCH.TSV DIR         DIR/*.svg and *.png
       results.py readme RESULTS.TSV README   put the tables into README
       results.py check RESULTS.TSV README    whether they are there

A figure is the median of the rounds, its spread what lies between the least and
the greatest of them, in percent of the median. "met" is about the switch on, in each
of the rounds.
"""
import collections
import copy
import os
import statistics
import subprocess
import sys

PROCESS, BASE, OFF, ON, PACED = "process", "base", "off", "on", "paced"
GOALS = ["what", "base", "switch off", "switch on", "spread", "goal", "met"]
COSTS = ["memory", "process, base", "process, series", "VM, base", "VM, switch off", "VM, switch on",
         "on/process", "spread"]
RECLAIM = ["who accesses the memory", "per access", "aging", "reclaim", "refaults per 1000 accesses",
           "hot pages swapped out, per 1000", "spread of the first"]
LOCKS = {"mmu_lock_held": "held for write", "mmu_lock_waited": "waited for"}
PERCENT = {"cold": 0, "1%": 1, "10%": 10, "50%": 50, "hot": 100}


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
        self.variants = sorted({row["kernel"] for row in self.rows} - {"base", "series"})

    def with_series(self, kernel):
        """The same with the rows of another kernel as those of the series."""
        other = copy.copy(self)
        other.rows = [dict(row, kernel="series") if row["kernel"] == kernel else row
                      for row in self.rows if row["kernel"] in ("base", kernel)]
        return other

    def find(self, **want):
        return [row for row in self.rows if all(row.get(key) == value for key, value in want.items())]

    def cost(self, kernel, column, **want):
        """The cost of a page, one figure for each run in which the pages were as young as they should have been."""
        which = {"memory": "process"} if column == PROCESS else {"memory": "vm", "switch": column}
        return [float(row["ns_per_page"]) for run in self.runs
                for row in self.find(run=run, kernel=kernel, **which, **want)
                if "young" not in row or int(row["young"]) >= 0.9 * int(row["touched"])]

    def columns(self, **want):
        return {column: self.cost("base" if column == BASE else "series", column, **want)
                for column in (BASE, OFF, ON)}


def divide(figures, by):
    return [a / b for a, b in zip(figures, by, strict=True)]


def median(figures):
    return statistics.median(figures) if figures else None


def spread(*columns):
    return max((100 * (max(f) - min(f)) / statistics.median(f) for f in columns if f), default=0)


def figure(value, digits):
    return "-" if value is None else "%.*f" % (digits, value)


def goal(what, columns, limit, text=None, digits=2, percent=False):
    """One line; columns has the figures of base, off and on, or of some of them."""
    rounds, met = len(columns[ON]), sum(value <= limit for value in columns[ON])
    if not rounds:
        return [what] + ["not measured"] * 3 + ["-", text or "<= %.2f" % limit, "-"]
    extent = "%.*f" % (digits, max(max(f) - min(f) for f in columns.values() if f))
    return ([what] + [figure(median(columns.get(c)), digits) for c in (BASE, OFF, ON)] +
            [extent if percent else "%.1f%%" % spread(*columns.values()), text or "<= %.2f" % limit,
             "yes" if met == rounds else "no" if not met else "in %d of %d rounds" % (met, rounds)])


def against_process(bench, **want):
    process = {kernel: bench.cost(kernel, PROCESS, **want) for kernel in ("base", "series")}
    return {column: divide(figures, process["base" if column == BASE else "series"])
            for column, figures in bench.columns(**want).items()}


def latency(bench, percentile, on=ON):
    """How long faults take while another CPU ages, against those before, round by round."""
    columns = {BASE: [], OFF: [], on: []}
    for row in bench.find(test="faults"):
        if row["aging"] in columns:
            idle, = bench.find(test="faults", run=row["run"], kernel=row["kernel"], round=row["round"], aging="none")
            columns[row["aging"]].append(float(row[percentile]) / float(idle[percentile]))
    columns[ON] = columns.pop(on)
    return columns


def lock(bench, what):
    """The share of time that is due to aging, in percent."""
    columns = {BASE: [], OFF: [], ON: []}
    for row in bench.find(test="locks"):
        if row["aging"] in columns:
            idle, = bench.find(test="locks", run=row["run"], kernel=row["kernel"], round=row["round"], aging="none")
            columns[row["aging"]].append(100 * (float(row[what]) / float(row["ns"]) - float(idle[what]) / float(idle["ns"])))
    return columns


def in_parallel(bench, state):
    columns = {}
    for column in (BASE, OFF, ON):
        want = {"kernel": "base" if column == BASE else "series", "memory": "vm", "switch": column, "state": state}
        columns[column] = []
        for run in bench.runs:
            alone = [float(row["ns"]) for test in ("alone", "alone_again") for row in bench.find(run=run, test=test, **want)]
            together = [float(row["ns"]) for row in bench.find(run=run, test="parallel", **want)]
            if alone and together:
                columns[column].append(max(together) / statistics.mean(alone))
    return columns


def goals(bench):
    for state, limit in (("hot", 1.10), ("cold", 2.0)):
        yield goal("aging pass, VM page %s / process page %s" % (state, state),
                   against_process(bench, test="fraction", state=state), limit)
    for state in ("hot", "cold"):
        process = [bench.cost(kernel, PROCESS, test="fraction", state=state) for kernel in ("series", "base")]
        yield goal("ordinary process, %s, series / base" % state, {BASE: [1], ON: divide(*process)}, 1.01, digits=3)
    calls = {c: [float(row["calls_per_table"]) for row in bench.find(test="fraction", switch=c) if row["state"] in ("hot", "cold")]
             for c in (BASE, OFF, ON)}
    yield goal("notifier calls per page table", calls, 1, text="1")
    eviction = against_process(bench, test="eviction", state="50%")
    limit = 1 + ((median(eviction[BASE]) or 1) - 1) / 2
    yield goal("eviction, half of the memory hot, per page scanned, VM / process", eviction, limit,
               text="<= %.2f (half of the excess)" % limit)
    for percentile in ("p50", "p99"):
        yield goal("vCPU fault latency, %s, another CPU ages / spins" % percentile, latency(bench, percentile), 1.05)
    yield goal("vCPU fault latency, p99, another CPU ages as often as with it off / spins", latency(bench, "p99", PACED), 1.05)
    for what, text in LOCKS.items():
        yield goal("mmu_lock %s due to aging, %% of the time" % text, lock(bench, what), 0.1, text="0", percent=True)
    shadow = bench.columns(test="shadow", state="hot")
    if shadow[BASE]:
        yield goal("shadow MMU, VM page hot, instructions", shadow, median(shadow[BASE]), text="<= base", digits=1)
    for state in ("hot", "cold"):
        yield goal("aging 2 VMs on 2 CPUs at once / one alone, %s" % state, in_parallel(bench, state), 1.10)


def mebibytes(bench, test):
    return int(bench.find(test=test)[0]["size"]) // 256


def costs(bench):
    kinds = {"mixed": "large and small folios", "mthp": "64KiB folios", "thp": "2MiB folios", "slots": "16 memslots",
             "vcpus": "4 vCPUs", "shadow": "shadow MMU", "eviction": "eviction"}
    order = ["fraction"] + ["size_" + size for size in ("32M", "512M", "4G")] + list(kinds)
    tests = {row["test"] for row in bench.rows}
    for test in (test for test in order if test in tests):
        for state in PERCENT:
            want = {"test": test, "state": state}
            columns = [bench.cost("base", PROCESS, **want), bench.cost("series", PROCESS, **want),
                       *bench.columns(**want).values()]
            if not columns[0]:
                continue
            name = "%d MiB" % mebibytes(bench, test) + (", " + kinds[test] if test in kinds else "")
            yield (["%s, %s" % (name, state)] + [figure(median(c), 1) for c in columns] +
                   [figure(median(divide(columns[4], columns[1])), 2), "%.1f%%" % spread(*columns)])


def reclaim(bench):
    """What accesses cost if a part of the memory is swapped out."""
    names = {"-": "process, %s", "none": "VM, %s, without aging", BASE: "VM, %s", OFF: "VM, %s, switch off", ON: "VM, %s, switch on"}
    figures = [("%.0f", "ns", "accesses", 1), ("%.0f%%", "aging_ns", "ns", 100), ("%.0f%%", "reclaim_ns", "ns", 100),
               ("%.1f", "refaults", "accesses", 1000), ("%.2f", "hot_swapped_out", "hot", 1000)]
    for switch, kernel in [(s, k) for s in names for k in ("base", "series")]:
        rows = bench.find(test="reclaim", switch=switch, kernel=kernel)
        if rows:
            columns = [[scale * float(row[what]) / float(row[per]) for row in rows] for _, what, per, scale in figures]
            yield [names[switch] % kernel] + [text % median(c) for (text, *_), c in zip(figures, columns)] + [
                "%.1f%%" % spread(columns[0])]


def waits(bench):
    """What faults wait for while another CPU ages: two locks of mm, which KVM does not take."""
    rows = [(column, row, bench.find(test="locks", run=row["run"], kernel=row["kernel"], round=row["round"], aging="none")[0])
            for row in bench.find(test="locks") for column in [row["aging"]]
            if column != "none" or row["kernel"] == "series"]
    whats = [("aging passes per 1000 faults", 1, lambda row, idle: 1000 * float(row["passes"]) / float(row["pages"])),
             ("p99 / median while another CPU spins", 1, lambda row, idle: float(row["p99"]) / float(idle["p50"]))]
    for lock, name in (("ptl", "page table locks"), ("lru_lock", "lru_lock")):
        whats += [("%s: waits per 1000 faults" % name, 1, lambda row, idle, lock=lock: 1000 * float(row[lock + "_waits"]) / float(row["pages"])),
                  ("%s: longest wait, us" % name, 0, lambda row, idle, lock=lock: float(row[lock + "_longest"]) / 1000)]
    for what, digits, value in whats:
        yield [what] + [figure(median([value(row, idle) for c, row, idle in rows if c == column]), digits)
                        for column in ("none", BASE, OFF, PACED, ON)]


def variants(bench):
    """The series beside kernels that do something else in its place."""
    benches = [bench.with_series(kernel) for kernel in ["series"] + bench.variants]
    whats = [("aging pass, VM page %s, instructions" % state, lambda b, state=state: b.columns(test="fraction", state=state), 1)
             for state in ("hot", "cold")]
    whats += [("vCPU fault latency, %s, another CPU ages / spins" % p, lambda b, p=p: latency(b, p), 2) for p in ("p50", "p99")]
    whats += [("mmu_lock %s due to aging, %% of the time" % text, lambda b, key=key: lock(b, key), 2) for key, text in LOCKS.items()]
    for what, columns, digits in whats:
        yield [what] + [figure(median(columns(b)[c]), digits) for b, c in [(bench, BASE)] + [(b, ON) for b in benches]]


def summary(path):
    everything = Bench(path)
    bench = everything.with_series("series")
    tables = [("goals", GOALS, goals(bench)), ("costs", COSTS, costs(bench)), ("reclaim", RECLAIM, reclaim(bench))]
    if bench.find(test="locks"):
        tables.append(("waits", ["while one CPU faults, another", "spins", "base", "off", "on, as often", "on"], waits(bench)))
    if everything.variants:
        tables.append(("variants", ["what", "base", "series"] + everything.variants, variants(everything)))
    for name, head, rows in tables:
        print("table", name, *head, sep="\t")
        for row in rows:
            print(name, *row, sep="\t")


def markdown(path):
    notes, tables = {}, collections.defaultdict(list)
    with open(path) as lines:
        for line in lines:
            if line.startswith("# "):
                key, value = line[2:].rstrip("\n").split(": ", 1)
                notes[key] = value
                continue
            name, *fields = line.rstrip("\n").split("\t")
            tables[fields.pop(0) if name == "table" else name].append(fields)
    unit = notes["machine"].split("unit: ")[1].split(",")[0]
    captions = {"costs": "One pass, %s per page (eviction: per page scanned):" % unit,
                "reclaim": "64 MiB with a quarter swapped out, nine of ten accesses to a fifth of the pages: %s per access, and "
                           "the shares of aging and proactive reclaim in them:" % unit,
                "waits": "Locks of mm that faults may wait for while another CPU ages: with the switch off and on without a break, and with it "
                         "on as often as with it off (lock_stat):",
                "variants": "The series, and what else could have been done (`variants/`):"}
    text = []
    # Older results have fewer tables.
    for name in tables:
        head, *rows = tables[name]
        if name in captions:
            text += ["", captions[name], ""]
        text += ["| %s |" % " | ".join(head), "|%s" % (" --- |" + " ---: |" * (len(head) - 1))]
        text += ["| %s |" % " | ".join(row) for row in rows]
    text += ["", "Base: %(base)s; series: %(series)s; %(compiler)s; %(emulator)s; machine %(machine)s." % notes]
    return "\n".join(text) + "\n"


BEGIN, END = "<!-- scripts/results.py: %s -->\n", "<!-- end -->\n"


def with_tables(readme, path):
    begin = BEGIN % os.path.basename(path)
    with open(readme) as file:
        before, found, rest = file.read().partition(begin)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        sys.exit("results.py: %s has no lines %s and %s to put the tables between" % (readme, begin.strip(), END.strip()))
    return before + begin + "\n" + markdown(path) + "\n" + END + after


def readme(path, name):
    text = with_tables(name, path)
    with open(name + ".part", "w") as file:
        file.write(text)
    os.replace(name + ".part", name)


def check(path, name):
    with open(name) as file:
        if file.read() != with_tables(name, path):
            sys.exit("results.py: the tables of %s are not those of %s: run 'make results'" % (name, path))


def series_of(bench, tests, x, wants):
    """Points (x, cost) for each of the named selections."""
    return {name: sorted((x(row), row["ns_per_page"]) for row in bench.rows
                         if row["test"] in tests and row["run"] == bench.runs[0] and
                         all(row.get(k) == v for k, v in want.items()))
            for name, want in wants.items()}


def gnuplot(directory, name, settings, lines):
    data = "".join("$d%d << EOD\n%s\nEOD\n" % (i, "\n".join("%s %s" % point for point in points))
                   for i, points in enumerate(lines.values()))
    plot = "plot " + ", ".join("$d%d with linespoints linewidth 2 title '%s'" % (i, title)
                               for i, title in enumerate(lines))
    for terminal in ("svg size 800,500 background 'white'", "pngcairo size 800,500"):
        target = "%s/%s.%s" % (directory, name, terminal[:3])
        subprocess.run(["gnuplot"], text=True, check=True, input=data + "set terminal %s\nset output '%s'\n%s\n%s\n" % (
            terminal, target, settings, plot))


def plots(path, directory):
    bench = Bench(path).with_series("series")
    kinds = {"process": {"memory": "process", "kernel": "series"}, "VM, base": {"memory": "vm", "switch": BASE},
             "VM, switch off": {"memory": "vm", "switch": OFF}, "VM, switch on": {"memory": "vm", "switch": ON}}
    common = "set key outside\nset grid\nset yrange [0:*]\n"
    gnuplot(directory, "fraction",
            common + "set xlabel 'pages accessed, percent'\nset ylabel 'instructions per page'\n",
            series_of(bench, {"fraction"}, lambda row: PERCENT[row["state"]], kinds))
    sizes = {"%s, %s" % (name, state): dict(want, state=state) for state in ("hot", "cold") for name, want in kinds.items()
             if name != "VM, switch off"}
    gnuplot(directory, "size",
            common + "set logscale x 2\nset xlabel 'memory, MiB'\nset ylabel 'instructions per page'\n",
            series_of(bench, {"fraction", "size_32M", "size_512M", "size_4G"}, lambda row: int(row["size"]) // 256, sizes))

    if not bench.find(test="faults"):
        return
    percentiles = {"10": "p10", "25": "p25", "50": "p50", "75": "p75", "90": "p90", "99": "p99"}
    titles = {("base", "none"): "base, no aging", ("base", BASE): "base, aging", ("series", "none"): "series, no aging",
              ("series", OFF): "aging, switch off", ("series", ON): "aging, switch on"}
    unit = {kernel: statistics.median(float(row["p50"]) for row in bench.find(test="faults", kernel=kernel, aging="none"))
            for kernel in ("base", "series")}
    lines = {title: [(int(p), statistics.median(float(row[column]) for row in bench.find(test="faults", kernel=kernel, aging=aging)) /
                      unit[kernel]) for p, column in percentiles.items()]
             for (kernel, aging), title in titles.items()}
    gnuplot(directory, "latency",
            "set key outside\nset grid\nset logscale y\nset xlabel 'percentile'\nset ylabel 'vCPU fault latency / median without aging'\n", lines)


if __name__ == "__main__":
    commands = {"summary": summary, "markdown": lambda path: sys.stdout.write(markdown(path)), "plots": plots,
                "readme": readme, "check": check}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
