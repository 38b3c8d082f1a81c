#!/usr/bin/awk -f
# Prints the data races that KCSAN reports in a console log, one a line, each once:
#   series|known|elsewhere   A / B   reason
#   kcsan.awk FUNCTIONS KNOWN CONSOLE
# FUNCTIONS: those of the files that the series touches. A race that has one of
# them among the last three callers of an access is the series' business, and
# has its reason in KNOWN or is new: "series". KNOWN may have * for A or B.

function plain(name) { sub(/\.(isra|constprop|part|cold).*/, "", name); return name }

function reason_of(race, pair) {
	split(race, pair, " / ")
	return race in reason ? reason[race] : ("* / " pair[2]) in reason ? reason["* / " pair[2]] : reason[pair[1] " / *"]
}

function flush() {
	if (race == "" || race in seen)
		return
	seen[race] = 1
	print (!touched ? "elsewhere" : reason_of(race) != "" ? "known" : "series") "\t" race "\t" (touched ? reason_of(race) : "")
}

FILENAME == ARGV[1] { ours[plain($0)]; next }
FILENAME == ARGV[2] {
	if (!/^#/ && split($0, part, "\t") == 2)
		reason[part[1]] = part[2]
	next
}

{ sub(/\r$/, ""); sub(/^\[[ 0-9.]*\](\[[ TC0-9]*\])? ?/, "") }

/^BUG: KCSAN: / {
	flush()
	sub(/^BUG: KCSAN: [a-z: -]* in /, "")
	gsub(/\+0x[0-9a-f]+\/0x[0-9a-f]+/, "")
	split($0, pair, " / ")
	race = plain(pair[1]) (pair[2] == "" ? "" : " / " plain(pair[2]))
	touched = frames = 0
}
/ of [0-9]+ bytes by .* on cpu [0-9]+:$/ { frames = 3; next }
frames && /^ [^ ]+\+0x/ {
	name = $1
	sub(/\+0x.*/, "", name)
	touched = touched || plain(name) in ours
	frames--
}

END { flush() }
