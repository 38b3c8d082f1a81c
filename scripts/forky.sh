#!/bin/bash
# Makes a folder with programs that Debian 12 lacks or has too old, and runs
# one of them with its own C library.
#   forky.sh                    make it, and print its path
#   forky.sh COMMAND [ARG...]
#   forky.sh marked-sparse [ARG...]   for the kernel's $(CHECK): its messages are marked, as
#                                     they come among the compiler's
# Writes $BUILD/forky.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

PACKAGES=herdtools7,sparse
dir=$BUILD/forky

# Debootstrap leaves mounts behind if it is killed.
remove_part()
{
	awk -v part="$dir.part/" 'index($2, part) == 1 { print $2 }' /proc/mounts | tac | xargs -r umount
	rm -rf --one-file-system "$dir.part"
}

make_it()
{
	local site
	site=$(mirror)
	[ -n "$site" ] || die "apt has no Debian mirror configured: give one with MIRROR=URL"
	need_space 1500 "a folder with ${PACKAGES//,/ and }"
	remove_part
	trap remove_part EXIT
	logged "$dir.log" "fetching ${PACKAGES//,/ and } of Debian forky (300 MB)" \
		debootstrap --variant=minbase --include="$PACKAGES" --keyring="$KEYRING" --force-check-gpg \
		forky "$dir.part" "$site" sid ||
		die "debootstrap could not make $dir: check the network, the log is $dir.log"
	rm -rf "$dir.part"/var/cache/apt "$dir.part"/var/lib/apt/lists
	# The rest of the build is not for root to own.
	chown --reference="$TOP" "$BUILD" "$BUILD/lock" "$dir.log" || true
	mv "$dir.part" "$dir"
	trap - EXIT
}

if [ ! -d "$dir" ]; then
	[ "$(id -u)" = 0 ] || die "debootstrap needs root to make $dir: run 'make forky' once as root"
	lock
	# In test.sh, two layers that need it run at once.
	exec 7>"$dir.lock"
	flock 7
	[ -d "$dir" ] || make_it
	exec 7>&-
fi
[ $# != 0 ] || { echo "$dir"; exit; }
command=$1
shift
if [ "$command" = marked-sparse ]; then
	# Nothing that sparse says is to stop the compiler.
	("$0" sparse "$@" 2>&1 || [ $? -lt 126 ] || echo "error: sparse crashed on $*") | sed 's/^/sparse: /' >&2
	exit
fi
exec "$dir/lib64/ld-linux-x86-64.so.2" --library-path "$dir/usr/lib/x86_64-linux-gnu" "$dir/usr/bin/$command" "$@"
