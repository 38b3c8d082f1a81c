#!/usr/bin/awk -f
# Prints build/report/aging.tsv for people: one line per kind of memory, hot
# (all pages young) and cold (none) beside each other.

BEGIN { FS = "\t" }

/^#/ {
	sub(/^#/, "")
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}

{
	row = $column["kernel"] FS $column["memory"] FS $column["switch"]
	if (!(row in seen)) {
		seen[row] = 1
		rows[++n] = row
	}
	state = $column["state"]
	cost[row, state] = $column["ns_per_page"]
	calls[row, state] = $column["calls_per_table"]
	touched[row, state] = $column["touched"]
	young[row, state] = $column["young"]
}

function label(kernel, memory, onoff)
{
	if (memory == "process")
		return "process, " kernel
	return "VM, " (kernel == "base" ? "base" : "series, switch " onoff)
}

function ratio(row, state, part)
{
	split(row, part, FS)
	return cost[row, state] / cost[part[1] FS "process" FS "-", state]
}

END {
	print "One aging pass, instructions per 4KiB page (x: against the process on the same kernel)"
	print ""
	line = "%-24s %8s %7s %8s %7s %15s %15s %15s\n"
	printf line, "", "hot", "", "cold", "", "calls/table", "touched/young", "touched/young"
	printf line, "", "", "", "", "", "hot/cold", "hot", "cold"
	for (i = 1; i <= n; i++) {
		r = rows[i]
		split(r, part, FS)
		printf line, label(part[1], part[2], part[3]),
			cost[r, "hot"], sprintf("%.2fx", ratio(r, "hot")),
			cost[r, "cold"], sprintf("%.2fx", ratio(r, "cold")),
			calls[r, "hot"] "/" calls[r, "cold"],
			touched[r, "hot"] "/" young[r, "hot"],
			touched[r, "cold"] "/" young[r, "cold"]
	}
	p = FS "process" FS "-"
	printf "\nThe process, series against base: hot %.3fx, cold %.3fx\n",
		cost["series" p, "hot"] / cost["base" p, "hot"],
		cost["series" p, "cold"] / cost["base" p, "cold"]
}
