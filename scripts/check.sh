#!/bin/bash
# Builds and examines the tree after each patch, and prints a grid: check by
# patch. A message that the base does not give as well is a failure.
# Reads checks/; writes $BUILD/check, and builds in $WORK/check.
#   CHECKS="x86_64 docs"  only these checks
#   PATCHES="0003 all"    only these patches; "all" is the series as a whole. Without it, each
#                         patch, but in configurations only where their head says "each: REGEX",
#                         of files that it touches
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux
src=$WORK/check/linux		# stands at one patch after the other
out=$BUILD/check

# field CONFIGURATION NAME: one field of the head of a file of checks/.
field()
{
	sed -n "s/^# $2: //p" "$TOP/checks/$1.config"
}

# ---- the tree --------------------------------------------------------------

# A checkout writes only the files that differ, so builds stay incremental.
step_to()
{
	git -C "$src" checkout -q --force --detach "$1" 2>/dev/null && return
	need_space 5000 "checking the series"
	rm -rf "$src"
	git -C "$tree" worktree prune
	git -C "$tree" worktree add -q --detach --force "$src" "$1"
}

# "row commit files..." of the base, of each patch, and of all of them.
list_rows()
{
	local commit parent=base patch
	for commit in $(git -C "$tree" rev-list --reverse base..refs/harness/applied); do
		patch=$(git -C "$tree" rev-list --count "base..$commit")
		echo "$(printf %04d "$patch") $commit $(git -C "$tree" diff --name-only "$parent" "$commit" | xargs)"
		parent=$commit
	done
	echo "all $parent $(git -C "$tree" diff --name-only base "$parent" | xargs)"
}

# The files of $files that match a regular expression, and still exist.
touched()
{
	(cd "$src" && printf '%s\n' $files | grep -E "$1" | xargs -r ls -d 2>/dev/null) || true
}

# ---- the checks: each prints what its tool says about $files, and succeeds if
# ---- the tool does, or returns 77 if nothing in $files concerns it.

kbuild()
{
	local arch cross
	arch=$(field "$config" arch) cross=$(field "$config" cross)
	make -C "$src" O="$obj" ARCH="$arch" CROSS_COMPILE="$cross" -j"$JOBS" "$@"
}

configure()
{
	local fragments=("$TOP/checks/common" "$TOP/checks/$config.config") lost
	mkdir -p "$obj"
	(cd "$src" && ARCH=$(field "$config" arch) CROSS_COMPILE=$(field "$config" cross) \
		KCONFIG_CONFIG=$obj/new.config scripts/kconfig/merge_config.sh -n -O "$obj" "${fragments[@]}") || return
	cmp -s "$obj/new.config" "$obj/.config" || cp "$obj/new.config" "$obj/.config"
	lost=$(lost_options "$obj/.config" "${fragments[@]}")
	[ -z "$lost" ] || { echo "error: the configuration does not have what checks/ asks for: $lost"; return 1; }
}

# "object source" of everything that is compiled in this configuration, from
# what make says it would do: all of it, as what has been built was built with W=1.
list_objects()
{
	kbuild -nk ./ 2>/dev/null | grep -oE ' -c -o [^ ]+ [^ ;]+\.c' | sort -u |
		while read -r _ _ object source; do
			echo "$object $(realpath -m --relative-to="$src" "$source")"
		done
}

# The sources that the patch touches, and those that include a header that it
# touches, or a .c file of KUnit, directly: these are the ones that use what is in it.
concerned()
{
	local file name dir
	for file in $files; do
		case $file in
		tools/* | Documentation/*) ;;
		*.c)	echo "$file"
			[[ $file != */tests/* ]] || (cd "$src" && git grep -lE "^# *include \"tests/${file##*/}\"" -- '*.c') || true ;;
		include/*.h | arch/*/include/*.h)
			name=${file#*include/}
			(cd "$src" && git grep -lE "^# *include [<\"]${name#uapi/}[>\"]" -- '*.c') || true ;;
		*.h)	dir=${file%/*} name=${file##*/}
			(cd "$src" && git grep -lE "^# *include \"([^\"]*/)?$name\"" -- "$dir/*.c") || true
			(cd "$src" && git grep -lE "^# *include \"([^\"]*/)?${dir##*/}/$name\"" -- '*.c') || true ;;
		esac
	done | sort -u
}

# Whether the patch is compiled by itself in this configuration, and all of them at once: as
# PATCHES says, or else the patches that touch files like "each", and all, unless each has been.
wanted()
{
	local each
	each=$(field "$config" each)
	case ${PATCHES:+asked}$row in
	asked* | base) ;;
	all)	[ "$each" != . ] ;;
	*)	[ -n "$each" ] && [ -n "$(touched "$each")" ] ;;
	esac
}

# Compiles what concerns the patch. The series' own sources are up to date at
# each patch, so that a header's change shows where it is used indirectly.
compile()
{
	local objects sparse=()
	wanted || return 77
	[ "$row" != base ] || [ -n "${late[$check]:-}$(sparse_name)" ] || return 77
	if [ "$row" = base ] || [ -z "${listed[$check]:-}" ] || [ -n "$(touched '(^|/)(Kconfig|Kbuild|Makefile)$')" ]; then
		configure && kbuild prepare modules_prepare || return
		list_objects >"$obj/objects"
		[ -s "$obj/objects" ] || { echo "error: make does not say what it compiles"; return 1; }
		listed[$check]=yes
	fi
	objects=$(awk 'FNR == NR { want[$1]; next } $2 in want { print $1 }' <(concerned) "$obj/objects")
	[ -n "$objects" ] || return 77
	objects+=" "$(awk 'FNR == NR { want[$1]; next } $2 in want { print $1 }' \
		<(files=$all_files; touched '\.c$') "$obj/objects")
	# What the base says is wanted, even if an earlier run has built it.
	[ "$row" != base ] || (cd "$obj" && rm -f $objects)
	[ -z "$(field "$config" sparse)" ] || sparse=(C=1 CHECK="$TOP/scripts/forky.sh marked-sparse")
	# Kernel-doc is a check of its own, and slow to start.
	kbuild -k W=1 KERNELDOC=/dev/null "${sparse[@]}" $(printf '%s\n' $objects | sort -u)
}

selftests()
{
	local kvm=tools/testing/selftests/kvm
	[ -n "$(touched "^$kvm/")" ] || return 77
	mkdir -p "$obj/kvm"
	make -C "$src" O="$obj/headers" headers &&
	make -C "$src/$kvm" -k -j"$JOBS" OUTPUT="$obj/kvm" ARCH=x86_64 \
		KHDR_INCLUDES="-isystem $obj/headers/usr/include" USERLDFLAGS=-static
}

kernel_doc()
{
	local list
	list=$(touched '^(include|mm|virt|arch|kernel)/.*\.[ch]$')
	[ -n "$list" ] || return 77
	(cd "$src" && scripts/kernel-doc -none $list)
}

# Sphinx builds folders that have an index.
docs()
{
	local file dirs
	dirs=$(for file in $(touched '^Documentation/.*\.rst$'); do
		file=${file%/*}
		while [ ! -e "$src/$file/index.rst" ]; do file=${file%/*}; done
		echo "${file#Documentation/}"
	done | sort -u | xargs)
	[ -n "$dirs" ] || return 77
	make -C "$src" O="$obj" SPHINXDIRS="$dirs" htmldocs
}

# All of the kernel's semantic patches, and those of the series, but those that
# need an OCaml compiler. File groups of one file each: files that are given as
# arguments are one program to spatch, whose call paths some rules never finish.
# No scanner: the one that the kernel's .cocciconfig asks for takes folders only.
coccicheck()
{
	local rule rules
	[ "$row" = base ] || [ "$row" = all ] || return 77
	touched '\.[ch]$' | sed G >"$obj/files"
	[ -s "$obj/files" ] || return 77
	(
		cd "$src"
		rules=$(grep -rlE 'virtual[[:space:]]+report' "$tree/scripts/coccinelle" | sort | xargs grep -L ':ocaml')
		for rule in ${rules:?}; do
			rm -f "$obj/debug"
			C=2 srctree=. LINUXINCLUDE=-I./include MODE=report COCCI=$rule DEBUG_FILE=$obj/debug \
				SPFLAGS="--no-scanner --jobs $JOBS" scripts/coccicheck "--file-groups $obj/files" || { tail -n 3 "$obj/debug"; exit 1; }
			# A file that spatch gives up on, e.g. after its timeout.
			sed -n "s|^EXN: |error: ${rule##*/}: |p" "$obj/debug"
		done
	) | sed 's/^[^ ]*:[0-9]*:[0-9-]*: /&warning: /'
}

checkpatch_row()
{
	[ "$row" != base ] && [ "$row" != all ] || return 77
	checkpatch --no-signoff "$(patches | sed -n "$((10#$row))p")"
}

run()
{
	case $check in
	checkpatch)	checkpatch_row ;;
	kernel-doc)	kernel_doc ;;
	selftests | docs | coccicheck) $check ;;
	*)		compile ;;
	esac
}

# ---- the verdict -----------------------------------------------------------

# The messages of a log that are not among those known, which they join. Lines
# move: line numbers do not count.
new_messages()
{
	touch "$2"
	awk -v src="$src/" '
		!/(^|[: ])(warning|error|fatal error|WARNING|ERROR|Warning|Error): / { next }
		{ raw = $0; sub(/(\.\.\/)+linux\//, "", raw); while (i = index(raw, src)) raw = substr(raw, 1, i - 1) substr(raw, i + length(src)) }
		{ message = raw; gsub(/:[0-9]+(:[0-9]+)?(-[0-9]+)?(:| )/, ": ", message); gsub(/line [0-9]+/, "line", message) }
		FILENAME == ARGV[1] { known[message]++; next }
		++seen[message] > known[message] { print raw }' "$2" "$1"
}

# judge CHECK RC LOG: fills one cell of the grid, and keeps what is wrong.
judge()
{
	local check=$1 rc=$2 log=$3 verdict=ok new=
	[ "$rc" = 77 ] || new=$(new_messages "$log" "$out/$check.known")
	case $rc in
	0)	[ -z "$new" ] || [ "$row" = base ] || verdict=FAIL ;;
	77)	verdict=- ;;
	*)	verdict=FAIL; new=${new:-$(tail -n 10 "$log")}; [ "$row" != base ] || broken[$check]=yes ;;
	esac
	[ -z "$new" ] || printf '%s\n' "$new" >>"$out/$check.known"
	printf '%s\t%s\t%s\n' "$check" "$row" "$verdict" >>"$out/grid.tsv"
	case $verdict in
	ok)	passed=$((passed + 1)) ;;
	FAIL)	not_ok "$check, $row"
		{ echo "$check, $row:"; head -n 20 <<<"$new" | sed 's/^/    /'; } | tee -a "$out/failures" >&2 ;;
	esac
}

fill()
{
	local config=$check obj=$WORK/check/obj/$check log=$out/$row.$check.log rc=0
	mkdir -p "$obj"
	: >"$log"
	if [ -n "${broken[$check]:-}" ] || [ -n "$(skipped)" ]; then
		rc=77
	else
		say "$row: $check"
		run >"$log" 2>&1 </dev/null || rc=$?
	fi
	# Without sparse, next to nothing is said: the base is compiled if anything is.
	if [ "$row" != base ] && [ -e "$TOP/checks/$check.config" ] && [ -z "$(sparse_name)${late[$check]:-}" ] &&
	   [ "$rc" != 77 ] && [ "$rc$(new_messages "$log" "$out/$check.known")" != 0 ]; then
		late[$check]=yes
		step_to base
		row=base files=$all_files fill
		step_to "$commit"
		listed[$check]=
		[ -z "${broken[$check]:-}" ] || rc=77
	fi
	if [ -n "$(sparse_name)" ]; then
		grep '^sparse: ' "$log" >"$log.sparse" || true
		sed -i '/^sparse: /d' "$log"
		judge "$(sparse_name)" $((rc ? 77 : 0)) "$log.sparse"
	fi
	judge "$check" "$rc" "$log"
}

# The name of the cell for what sparse says in this configuration, if it runs.
sparse_name()
{
	[ ! -e "$TOP/checks/$check.config" ] || [ -z "$(field "$check" sparse)" ] || echo "$check+sparse"
}

skipped()
{
	[ ! -e "$TOP/checks/$check.config" ] || field "$check" skip
}

# One of the words in a list; an empty list has every word.
chosen()
{
	[ -z "$2" ] || [[ " $2 " = *" $1 "* ]]
}

# What the series touches that no configuration has compiled in this run.
list_not_compiled()
{
	local file
	for file in $all_files; do
		case $file in
		tools/* | Documentation/*) ;;
		*.c)	[ -n "$(find "$WORK/check/obj" -name '.*.o.cmd' -newer "$out/base.checkpatch.log" -print0 |
				xargs -0 grep -lsF "/$file")" ] || echo "$file" ;;
		esac
	done
}

print_grid()
{
	awk -F'\t' '
		!($1 in row) { row[$1]; checks[++n] = $1 }
		!($2 in column) { column[$2]; columns[++m] = $2 }
		{ cell[$1, $2] = $3 }
		END {
			printf "%-18s", ""
			for (j = 1; j <= m; j++) printf " %4s", columns[j]
			for (i = 1; i <= n; i++) {
				printf "\n%-18s", checks[i]
				for (j = 1; j <= m; j++) printf " %4s", cell[checks[i], columns[j]]
			}
			print ""
		}' "$out/grid.tsv"
}

lock
declare -A broken=() late=() listed=()
all_checks="checkpatch kernel-doc $(basename -s .config "$TOP"/checks/*.config | xargs) selftests docs coccicheck"
for check in ${CHECKS:-}; do
	chosen "$check" "$all_checks" || die "there is no check $check: choose from $all_checks"
done
rows=$(list_rows)
for row in ${PATCHES:-}; do
	grep -q "^$row " <<<"$rows" || die "there is no patch $row: choose from $(cut -d' ' -f1 <<<"$rows" | xargs)"
done
rows=$(while read -r row rest; do ! chosen "$row" "${PATCHES:-}" || echo "$row $rest"; done <<<"$rows")
all_files=$(cut -d' ' -f3- <<<"$rows" | xargs -n1 | sort -u | xargs)
for check in $all_checks; do
	[ -z "$(sparse_name)" ] || ! chosen "$check" "${CHECKS:-}" || "$TOP/scripts/forky.sh" sparse --version >/dev/null ||
		die "sparse does not run: see above"
done

rm -rf "$out"
mkdir -p "$out"
while read -r row commit files; do
	step_to "$commit"
	for check in $all_checks; do
		! chosen "$check" "${CHECKS:-}" || fill
	done
done < <(echo "base base $all_files"; echo "$rows")

echo
print_grid
echo
sed -n 's|^error: \(.*\.cocci\): .* in |coccicheck: \1 gives up on the base kernel'"'s"' |p' "$out/base.coccicheck.log" 2>/dev/null || true
grep -H 'sparse: .*: error: ' "$out"/base.*.log.sparse 2>/dev/null | sed "s|^$out/base\.||; s|\.log\.sparse:sparse: |+sparse: |; s|$src/||" |
	awk -F: '!seen[$1]++ { print $0 ", on the base: nothing more is said about the file that includes it" }' || true
echo "-: nothing in the patch concerns the check, another column answers for it, or no message"
echo "   had to be looked for on the base"
for check in $all_checks; do
	! chosen "$check" "${CHECKS:-}" || [ -z "$(skipped)" ] || skip "$check: $(skipped)"
done
[ -n "${CHECKS:-}${PATCHES:-}" ] || for file in $(list_not_compiled); do
	skip "$file: no configuration compiles it"
done
[ ! -e "$out/failures" ] || { echo; cat "$out/failures"; }
finish
