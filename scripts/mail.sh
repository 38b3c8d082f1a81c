#!/bin/bash
# Writes the postings as they would be sent, one folder each, and checks them. It sends
# nothing.
#   UPSTREAM=PATH  a git clone of the kernel that has the base's tag, for base-commit and for
#                  the hashes in Fixes: tags
# Reads series/*/: series, the table of postings (name, first and last patch); cover/NAME;
# fixes, the commits that the fixes mend (subject of the patch, subject of the commit,
# "stable" or "-", separated by tabs). Writes $BUILD/mail.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux
out=$BUILD/mail

# The sender's identity, from the user's own configuration.
identity()
{
	command git -C "$TOP" config "user.$1" || die "git does not know who sends the patches: git config --global user.$1 ..."
}

# Replaces each line "@table FILE NAME" by that table of the results that are quoted.
fill_in()
{
	local line results name
	while IFS= read -r line; do
		case $line in
		'@table '*)	read -r _ results name <<<"$line"
				awk -F'\t' -v name="$name" -v OFS='\t' \
				'$1 == name || $1 == "table" && $2 == name { sub(/^(table\t)?[^\t]*\t/, ""); print }' "$TOP/results/$results" |
				column -t -s "$(printf '\t')" | sed 's/^/  /' | grep . ||
				die "results/$results has no table $name, which $1 asks for" ;;
		*)		printf '%s\n' "$line" ;;
		esac
	done <"$1"
}

# The recipients that the tree's MAINTAINERS names for all patches of a posting.
recipients()
{
	local ask=(scripts/get_maintainer.pl --no-git-fallback --no-rolestats)
	(
		cd "$tree"
		"${ask[@]}" --no-l --no-r "$1"/0*.patch | sed 's/^/--to=/'
		"${ask[@]}" --no-m "$1"/0*.patch | sed 's/^/--cc=/'
	) | awk '!seen[substr($0, 6)]++'
}

# What a reviewer needs to find the base: a commit, if there is a clone that
# knows the tag, and the names of the tag and of Debian's package in any case.
base_lines()
{
	[ -z "${UPSTREAM:-}" ] || echo "base-commit: $(git -C "$UPSTREAM" rev-parse "refs/tags/$BASE_TAG^{commit}")"
	echo "base: $BASE_TAG; tested on $([ -n "$LINUX" ] || echo "Debian's ")$(base_name)"
}

# Prints "number of the patch, tags" for each line of the table of fixes, separated by
# tabs. One look at the whole history finds all the hashes.
fixes_tags()
{
	local patch subject stable number hashes
	[ -e "$SERIES/fixes" ] || return 0
	git -C "$tree" log --reverse --format=%s base..refs/harness/applied >"$out/subjects"
	git -C "$UPSTREAM" log --format='%H%x09%s' "refs/tags/$BASE_TAG" |
		awk -F'\t' 'FNR == NR { if (!/^#/) want[$2]; next } { s = substr($0, index($0, "\t") + 1) } s in want { print $1 "\t" s }' \
			"$SERIES/fixes" - >"$out/hashes"
	while IFS=$'\t' read -r patch subject stable; do
		case $patch in '#'* | '') continue ;; esac
		number=$(grep -nxF -- "$patch" "$out/subjects" | cut -d: -f1 | xargs || true)
		[[ $number =~ ^[0-9]+$ ]] || die "$SERIES/fixes: no patch of the series, or more than one, is called '$patch'"
		hashes=$(awk -F'\t' -v subject="$subject" '$2 == subject { print $1 }' "$out/hashes" | xargs)
		[ -n "$hashes" ] || die "$SERIES/fixes: '$patch' is to fix '$subject', and $UPSTREAM has no such commit up to $BASE_TAG"
		[[ $hashes != *' '* ]] || die "$SERIES/fixes: '$patch' is to fix '$subject', and $UPSTREAM has several such commits: $hashes"
		printf '%d\tFixes: %s ("%s")%s\n' "$number" "${hashes:0:12}" "$subject" \
			"$([ "$stable" != stable ] || printf '\tCc: stable@vger.kernel.org')"
	done <"$SERIES/fixes"
}

# add_tags POSTING FIRST: above the first Signed-off-by: of its mails.
add_tags()
{
	local number tags mail
	while IFS=$'\t' read -r number tags; do
		mail=$(printf '%s/%04d-' "$out/$1" $((number - $2 + 1)))
		for mail in "$mail"*.patch; do
			[ ! -e "$mail" ] || awk -v tags="$tags" '
				/^Signed-off-by: / && !done { gsub(/\t/, "\n", tags); print tags; done = 1 }
				{ print }' "$mail" >"$mail.part"
			[ ! -e "$mail" ] || mv "$mail.part" "$mail"
		done
	done <"$out/tags"
}

# git with the sender as committer, who signs off.
as_sender()
{
	GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=$email git -C "$tree" "$@"
}

write_posting()
{
	local posting=$1 from=$2 to=$3 cover=$4 dir=$out/$1 plain=$out/$1.plain addresses
	local -a addressed
	as_sender format-patch -q -o "$plain" --no-signature --zero-commit "$from..$to"
	mapfile -t addressed < <(recipients "$plain")
	rm -r "$plain"
	[ "${#addressed[@]}" -gt 0 ] || die "get_maintainer.pl finds nobody to send $posting to"
	# The id stays when nothing has changed.
	as_sender format-patch -q -o "$dir" --cover-letter --signoff --thread=shallow --zero-commit --no-signature \
		--base=base --from="$name <$email>" --stat=72 "${addressed[@]}" "$from..$to"
	# Who sends the patches answers for them as their author, too.
	sed -i '1,/^diff/ { /^$/ { N; /^\nFrom: .* <.*>$/ { N; s/.*\n//; } } }' "$dir"/0*.patch
	add_tags "$posting" "$first"
	fill_in "$cover" >"$dir/cover" || return
	base_lines >"$dir/base"
	awk -v dir="$dir" '
		/\*\*\* SUBJECT HERE \*\*\*/ { getline subject <(dir "/cover"); sub(/\*\*\* SUBJECT HERE \*\*\*/, subject) }
		/\*\*\* BLURB HERE \*\*\*/ { getline blank <(dir "/cover"); while ((getline < (dir "/cover")) > 0) print; next }
		/^base-commit: / { while ((getline < (dir "/base")) > 0) print; next }
		{ print }' "$dir/0000-cover-letter.patch" >"$dir/0000-cover-letter.part"
	mv "$dir/0000-cover-letter.part" "$dir/0000-cover-letter.patch"
	rm "$dir/cover" "$dir/base"
	cat "$dir"/0*.patch >"$out/$posting.mbox"
}

# What b4 makes of the mails gives the same tree again.
comes_back()
{
	local posting=$1 from=$2 to=$3 id
	id=$(sed -n 's/^Message-Id: <\(.*\)>$/\1/ip' "$out/$posting/0000-cover-letter.patch" | head -n 1)
	# What an earlier posting that failed has left.
	rm -rf "$out/b4" "$out/tree"
	git -C "$tree" worktree prune
	mkdir "$out/b4"
	# b4 0.12 fails on a header that is folded.
	awk '/^From 000000000000/ { header = 1 } /^$/ { header = 0 }
		header && /^ / { printf "%s", $0; next }
		{ printf "%s%s", (NR > 1 ? "\n" : ""), $0 }
		END { print "" }' "$out/$posting.mbox" >"$out/$posting.unfolded"
	b4 -n --offline-mode am --no-cache -m "$out/$posting.unfolded" -o "$out/b4" "$id" >"$out/$posting.b4.log" 2>&1 || return
	git -C "$tree" worktree add -q --detach --force "$out/tree" "$from" &&
	as_sender -C "$out/tree" am -q "$out"/b4/*.mbx >>"$out/$posting.b4.log" 2>&1 &&
	git -C "$out/tree" diff --quiet "$to" || return
	git -C "$tree" worktree remove --force "$out/tree"
	rm -r "$out/b4" "$out/$posting.unfolded"
}

lock
name=$(identity name) email=$(identity email)
rm -rf "$out"
git -C "$tree" worktree prune
need_space 3000 "checking the mails"
mkdir -p "$out"
mapfile -t commits < <(git -C "$tree" rev-list --reverse base..refs/harness/applied)
: >"$out/tags"
if [ -n "${UPSTREAM:-}" ]; then
	git -C "$UPSTREAM" rev-parse -q --verify "refs/tags/$BASE_TAG^{commit}" >/dev/null 2>&1 ||
		die "$UPSTREAM is no git clone that has the tag $BASE_TAG"
	fixes_tags >"$out/tags"
	# For checkpatch, which looks up what is fixed.
	GIT_ALTERNATE_OBJECT_DIRECTORIES=$(git -C "$UPSTREAM" rev-parse --path-format=absolute --git-common-dir)/objects
	export GIT_ALTERNATE_OBJECT_DIRECTORIES
elif [ -e "$SERIES/fixes" ]; then
	skip "Fixes: tags of $(grep -vc '^#' "$SERIES/fixes") patches: name a git clone of the kernel with UPSTREAM="
fi
next=1
while read -r posting first last; do
	case $posting in '#'* | '') continue ;; esac
	first=$((10#$first)) last=$((10#$last))
	[ "$first" = "$next" ] && [ "$last" -ge "$first" ] && [ "$last" -le "${#commits[@]}" ] ||
		die "$SERIES/series: $posting does not begin where the posting before it ends, or ends behind the last patch"
	next=$((last + 1))
	from=$(git -C "$tree" rev-parse "${commits[first - 1]}^") to=${commits[last - 1]}
	check "$posting: patches $first to $last written, with a cover letter" \
		write_posting "$posting" "$from" "$to" "$SERIES/cover/$posting"
	for patch in "$out/$posting"/0*.patch; do
		case $patch in */0000-*) continue ;; esac
		check "$posting: checkpatch --strict ${patch##*/}" checkpatch "$patch"
	done
	check "$posting: not more than 15 patches" [ $((last - first + 1)) -le 15 ]
	check "$posting: no line of the cover letter is longer than 75 columns, links aside" \
		[ -z "$(awk '/^---$|^[A-Z].* \([0-9]+\):$/ { exit } length > 75 && !/https?:/ && body; /^$/ { body = 1 }' "$out/$posting/0000-cover-letter.patch")" ]
	check "$posting: b4 finds the thread, and git am makes the same tree of it" comes_back "$posting" "$from" "$to"
	check "$posting: git send-email --dry-run accepts it" \
		eval 'git send-email --dry-run --quiet --confirm=never --suppress-cc=all --from="$email" "$out/$posting"/0*.patch </dev/null >"$out/$posting.send.log" 2>&1'
done <"$SERIES/series"
check "every patch is in a posting" [ "$next" = $((${#commits[@]} + 1)) ]
say "the mails are in $out; nothing has been sent"
finish
