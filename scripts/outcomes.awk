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
	if ($2 $3 ~ /skip|FAIL|CRASH/ || $4 != "") {
		key = $1 " (" $2 "/" $3 "): " $4
		if (!(key in places))
			notes[++o] = key
		places[key] = places[key] " " where
	}
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
		print notes[i] " [" substr(places[notes[i]], 2) "]"
}
