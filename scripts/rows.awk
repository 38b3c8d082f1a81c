#!/usr/bin/awk -f
# The rows that aging_perf_test has printed into a KTAP log, each with "run" and
# the name of the test in front. KTAP names a test after its output.

function flush(name, i)
{
	for (i = 1; i <= n; i++)
		print run "\t" name "\t" rows[i]
	n = 0
}

/^# #?(memory|process|vm|aging|none|off|on|paced|base)\t/ { rows[++n] = substr($0, 3) }
/^(not )?ok / { sub(/^not /, ""); flush($3) }
