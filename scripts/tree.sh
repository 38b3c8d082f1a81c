#!/bin/bash
# Lays the base kernel's source down as one git commit and applies the series.
#   tree.sh         bring the tree up to date with the patches
#   tree.sh export  write the tree's commits back as patches
#   tree.sh check   apply the patches to the pristine base, beside the tree,
#                   and compare what git makes of them with the patches;
#                   status 77 if they were made on another base
#   tree.sh clean   remove all that was made, but not a developer's commits nor the download
# Reads series/ and, by fetch.sh, the base's package; writes $WORK/linux, whose branch
# series has the patches on the tag base.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux
part=$WORK/linux.part

# ---- the base --------------------------------------------------------------

# What the base is made of: another id means another base.
base_id()
{
	if [ -z "$LINUX" ]; then
		echo "package $BASE_SHA256"
	elif [ -f "$LINUX" ]; then
		echo "tarball $(sha256sum <"$LINUX" | cut -d' ' -f1)"
	elif [ -e "$LINUX/.git" ]; then
		echo "git $({ linux_git rev-parse HEAD; linux_git diff HEAD
			linux_git ls-files -z -o --exclude-standard | (cd "$LINUX" && xargs -0r stat -c '%n %s %Y'); } | sha256sum | cut -d' ' -f1)"
	else
		echo "folder $(find "$LINUX" -type f -printf '%P %s %T@\n' | sort | sha256sum | cut -d' ' -f1)"
	fi
}

linux_git()
{
	GIT_OPTIONAL_LOCKS=0 git -c safe.directory='*' -C "$LINUX" "$@"
}

check_linux()
{
	[ -n "$LINUX" ] || return 0
	[ -e "$LINUX" ] || die "LINUX=$LINUX: no such file or folder"
	[ -f "$LINUX" ] || [ -f "$LINUX/mm/vmscan.c" ] ||
		die "LINUX=$LINUX is not a Linux source tree: it has no mm/vmscan.c"
}

unpack()
{
	if [ -z "$LINUX" ]; then
		dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$BASE_PACKAGE.tar.xz" |
			tar -xJ --strip-components=1 -C "$part"
	elif [ -f "$LINUX" ]; then
		tar -xf "$LINUX" --strip-components=1 -C "$part"
	elif [ -e "$LINUX/.git" ]; then
		comm -z -23 <(linux_git ls-files -z -co --exclude-standard | sort -z) \
			<(linux_git ls-files -z -d | sort -z) |
			tar -C "$LINUX" --null --no-recursion -T - -cf - | tar -xf - -C "$part"
	else
		cp -a "$LINUX/." "$part" && make -s -C "$part" mrproper
	fi
}

lay_base()
{
	local deb=
	rm -rf "$part" "$part.am" "$WORK/linux.old"
	need_space 4500 "the kernel's source"
	[ -n "$LINUX" ] || deb=$("${BASH_SOURCE%/*}/fetch.sh") || exit 1
	mkdir -p "$part"
	say "unpacking ${LINUX:-$BASE_PACKAGE}"
	unpack "$deb" 2> >(tail -n 3 >&2) || {
		rm -rf "$part"
		die "the kernel's source could not be unpacked in $WORK: see the message above"
	}
	[ -f "$part/mm/vmscan.c" ] || die "${LINUX:-$BASE_PACKAGE} holds no Linux source tree: mm/vmscan.c is missing"
	say "recording the base as one commit"
	git -C "$part" init -q -b series
	# Debian's .gitignore hides every file: -f.
	{ git -C "$part" add -f . &&
	  as_base git -C "$part" commit -q -m "${LINUX:+own }base kernel $(make -s -C "$part" kernelversion)"; } || {
		rm -rf "$part"
		die "git could not record the kernel's source in $WORK: see the message above"
	}
	git -C "$part" tag base
	git -C "$part" update-ref refs/harness/applied HEAD
	if [ -n "$LINUX" ]; then basename "$LINUX"
	else echo "$BASE_PACKAGE $(dpkg-deb -f "$deb" Version)"; fi >"$part/.git/base-name"
	base_id >"$part/.git/base-id"
}

# The same files give the same commit, on every machine.
as_base()
{
	GIT_AUTHOR_NAME=base GIT_AUTHOR_EMAIL=base@localhost GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' \
	GIT_COMMITTER_NAME=base GIT_COMMITTER_EMAIL=base@localhost GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' \
	"$@"
}

# ---- the series ------------------------------------------------------------

# Applies the patches on top of base in a worktree without files, so that the
# tree itself is untouched until all of them are in. Prints the new head.
apply()
{
	local repo=$1 am=$1.am out list
	rm -rf "$am"
	git -C "$repo" worktree prune
	git -C "$repo" worktree add -q --no-checkout --detach "$am" base
	git -C "$am" read-tree base
	mapfile -t list < <(patches)
	if [ "${#list[@]}" -gt 0 ]; then
		out=$(GIT_COMMITTER_NAME=series GIT_COMMITTER_EMAIL=series@localhost \
			git -C "$am" am --quiet --no-3way --no-scissors --committer-date-is-author-date \
			"${list[@]}" 2>&1) || { report_failed "$am" "$out"; return 1; }
	fi
	git -C "$am" rev-parse HEAD
	drop_am "$repo"
}

drop_am()
{
	rm -rf "$1.am"
	git -C "$1" worktree prune
}

# Names the patch, the file and the hunk from what git am said.
report_failed()
{
	local am=$1 out=$2 patch file line hunk
	patch=$(patches | sed -n "$(cat "$(git -C "$am" rev-parse --git-path rebase-apply/next)")p")
	read -r file line < <(sed -n 's/^error: patch failed: \(.*\):\([0-9]*\)$/\1 \2/p' <<<"$out") || true
	if [ -n "${file:-}" ]; then
		hunk=$(awk -v file="$file" -v line="$line" '
			/^--- / { here = ($2 == "a/" file) }
			here && index($0, "@@ -" line ",") == 1 { print; exit }' "$patch")
		hunk="$file, hunk ${hunk:-at line $line}"
	else
		hunk=$(sed -n 's/^error: //p' <<<"$out" | head -n 1)
	fi
	git -C "$am" am --abort 2>/dev/null || true
	drop_am "${am%.am}"
	say "patch ${patch##*/} does not apply: ${hunk:-${out%%$'\n'*}}"
}

mark_applied()
{
	local repo=$1 head=$2
	git -C "$repo" update-ref refs/harness/applied "$head"
	patches_id >"$repo/.git/series-id.part"
	mv "$repo/.git/series-id.part" "$repo/.git/series-id"
}

# Only files that differ are written, so an incremental build stays small.
# The note makes a run that is killed here repeatable.
move_to()
{
	local repo=$1 head=$2
	echo "$head" >"$repo/.git/moving.part"
	mv "$repo/.git/moving.part" "$repo/.git/moving"
	git -C "$repo" reset -q --hard "$head"
	mark_applied "$repo" "$head"
	rm "$repo/.git/moving"
}

finish_interrupted()
{
	[ -e "$tree/.git/moving" ] || return 0
	say "finishing an interrupted change of the tree"
	rm -f "$tree/.git/index.lock" "$tree/.git/HEAD.lock" "$tree/.git/refs/heads/series.lock"
	git -C "$tree" reset -q --hard "$(cat "$tree/.git/moving")"
	rm "$tree/.git/moving" "$tree/.git/series-id"
}

export_to()
{
	local repo=$1 head=$2 dir=$3
	git -C "$repo" format-patch -q -o "$dir" --no-cover-letter --no-numbered --no-signature \
		--zero-commit --no-thread --no-attach --no-base --no-notes --no-from \
		--subject-prefix=PATCH --encode-email-headers --filename-max-length=64 \
		--stat=72 --summary --diff-algorithm=histogram --indent-heuristic --find-renames \
		--unified=3 --inter-hunk-context=0 --no-function-context --abbrev=12 \
		--src-prefix=a/ --dst-prefix=b/ --no-ext-diff --no-textconv --no-color \
		"base..$head"
}

same_as_patches()
{
	diff -rq -x '0000-*' -x 'README*' -x cover -x series -x fixes "$1" "$SERIES" >/dev/null
}

# One sentence on what a re-applied series would lose, or nothing; "all": what
# would be lost if there was no tree any more.
local_work()
{
	local dir
	if [ "${1:-}" = all ]; then
		[ -z "$(git -C "$tree" for-each-ref --format='%(refname)' refs/heads | grep -vx refs/heads/series)" ] ||
			{ echo "has branches of its own"; return; }
		# Generated by the build of the selftests.
		[ -z "$(git -C "$tree" ls-files -o | grep -vE '^tools/.*/generated/|/__pycache__/')" ] ||
			{ echo "has files that git does not know"; return; }
	fi
	[ "$(git -C "$tree" symbolic-ref -q --short HEAD)" = series ] ||
		{ echo "is not on its branch series"; return; }
	[ -z "$(git -C "$tree" status --porcelain -uno)" ] ||
		{ echo "has uncommitted changes"; return; }
	if [ "$(git -C "$tree" rev-parse series)" != "$(git -C "$tree" rev-parse refs/harness/applied)" ]; then
		dir=$(mktemp -d "$WORK/export.XXXXXX")
		export_to "$tree" series "$dir"
		same_as_patches "$dir" || echo "has commits that are not in ${SERIES##*/}"
		rm -rf "$dir"
	fi
}

# may_replace WHY: stops unless the tree holds nothing of its own, or FORCE=1 gives
# it up; even then its state stays reachable as the branch before-force.
may_replace()
{
	local work head
	work=$(local_work)
	[ -z "$work" ] && return
	[ -n "$FORCE" ] ||
		die "$1, but $tree $work: keep the tree's with 'make series', or the patches with 'make tree FORCE=1'"
	head=$(as_base git -C "$tree" stash create)
	git -C "$tree" branch -f before-force "${head:-HEAD}"
	git -C "$tree" checkout -q -f -B series
}

# may_remove WHY: stops unless nothing but the series would be lost with the tree, or
# FORCE=1 gives it up.
may_remove()
{
	local work
	work=$(local_work all)
	[ -z "$work" ] || [ -n "$FORCE" ] || die "$1, but $tree $work: save that, or give it up with FORCE=1"
	[ -z "$work" ]
}

# ---- the commands ----------------------------------------------------------

update()
{
	local head old=$WORK/linux.old
	finish_interrupted
	if [ ! -e "$tree/.git/base-name" ] || [ "$(base_id)" != "$(cat "$tree/.git/base-id")" ]; then
		[ ! -d "$tree" ] || may_remove "another base is asked for" || old=$WORK/linux.before-force
		lay_base
		if ! head=$(apply "$part"); then
			if [ -d "$tree" ]; then rm -rf "$part"; else mv "$part" "$tree"; fi
			exit 1
		fi
		move_to "$part" "$head"
		rm -rf "$old"
		[ ! -d "$tree" ] || mv "$tree" "$old"
		rm -rf "$WORK"/base "$WORK"/obj{,-arm64,-riscv} "$WORK"/mutant{,-arm64,-riscv}
		mv "$part" "$tree"
		rm -rf "$WORK/linux.old"
		[ ! -d "$old" ] || say "the tree as it was is in $old"
	elif [ "$(patches_id)" != "$(cat "$tree/.git/series-id" 2>/dev/null)" ]; then
		may_replace "the patches have changed"
		say "applying the series"
		head=$(apply "$tree") || exit 1
		move_to "$tree" "$head"
	elif [ "$(git -C "$tree" rev-parse HEAD)" != "$(git -C "$tree" rev-parse refs/harness/applied)" ]; then
		say "the tree has commits of its own; 'make series' turns them into patches"
	fi
	say "$tree: $(git -C "$tree" rev-list --count base..series) patches on $(git -C "$tree" log -1 --format=%s base)"
}

export_series()
{
	local dir=$WORK/export p
	[ -d "$tree" ] || die "there is no tree to export: run 'make tree' first"
	[ -z "$(git -C "$tree" status --porcelain -uno)" ] || say "uncommitted changes are left out"
	rm -rf "$dir"
	export_to "$tree" series "$dir"
	mkdir -p "$SERIES" "$dir"
	for p in $(patches); do
		[ -e "$dir/${p##*/}" ] || rm "$p"
	done
	for p in "$dir"/*.patch; do
		[ ! -e "$p" ] || cmp -s "$p" "$SERIES/${p##*/}" || mv "$p" "$SERIES/"
	done
	rm -rf "$dir"
	mark_applied "$tree" "$(git -C "$tree" rev-parse series)"
	say "$SERIES: $(patches | wc -l) patches"
}

check()
{
	local dir=$WORK/export head
	head=$(apply "$tree") || exit 1
	say "the series applies to the pristine base with git am"
	# Another one has other line numbers and blobs.
	[ "$(base_name)" = "$BASE_PACKAGE $BASE_VERSION" ] || return 77
	rm -rf "$dir"
	mkdir -p "$dir"
	export_to "$tree" "$head" "$dir"
	diff -ru -x '0000-*' -x 'README*' -x cover -x series -x fixes "$SERIES" "$dir" >&2 ||
		die "git am and format-patch do not give the same patches back: run 'make series' and commit the result"
	rm -rf "$dir"
	say "git am and format-patch give the same bytes back"
}

clean()
{
	[ ! -d "$tree" ] || may_remove "everything is to be removed" || true
	rm -rf "$WORK" "$BUILD"/{report,shell,profile,litmus,check,mail,vmm,applies,apt.log} \
		"$BUILD"/{test,run,bench,compare,compare-*,mutants,debug,postings,deb}{,-arm64,-riscv}
	rm -rf --one-file-system "$BUILD"/{forky,qemu}{,.part,.log,.lock}
}

check_linux
lock
mkdir -p "$WORK"
case ${1:-} in
'')	update ;;
export)	export_series ;;
check)	check ;;
clean)	clean ;;
*)	die "unknown command $1" ;;
esac
