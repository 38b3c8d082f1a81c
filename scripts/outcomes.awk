#!/usr/bin/awk -f
# Prints compared.tsv of several machines as one table, test by machine, each
# cell "base/series", and lists below it what did not simply pass.

BEGIN { FS = "\t" }

FNR == 1 {
	k = split(FILENAME, part, "/")
	where = part[k - 2] "/" part[k - 1]
	columns[++m] = where
}

{
	if (!($1 in seen)) {
		seen[$1] = 1
		tests[++n] = $1
	}
	cell[$1, where] = $2 == $3 ? $2 : $2 "/" $3
	if (($2 == "skip" || $3 == "skip") && !((key = "skip" FS $1 FS $4) in noted))
		noted[key] = notes[++o] = "skip  " $1 ": " $4
	if ($2 $3 ~ /FAIL|CRASH/)
		notes[++o] = "fail  " $1 " on " where " (base/series " $2 "/" $3 "): " $4
}

END {
	printf "%-28s", "base/series"
	for (j = 1; j <= m; j++)
		printf " %-15s", columns[j]
	print ""
	for (i = 1; i <= n; i++) {
		printf "%-28s", tests[i]
		for (j = 1; j <= m; j++)
			printf " %-15s", (tests[i], columns[j]) in cell ? cell[tests[i], columns[j]] : "."
		print ""
	}
	if (o)
		print ""
	for (i = 1; i <= o; i++)
		print notes[i]
}
