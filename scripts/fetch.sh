#!/bin/bash
# Prints the path of Debian's package of the base kernel's source, fetching it
# with an apt state of its own; the machine's apt configuration is only read. If the pinned
# version is gone, it is the newest one of that name. Reads bases/; writes $BUILD/fetch.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tarball=linux-${BASE_TAG#v}.tar.xz
HOW_TO_NAME="fetch the release itself (curl -O https://cdn.kernel.org/pub/linux/kernel/${BASE_TAG%%.*}.x/$tarball) and add LINUX=$tarball to make's command line"
dir=$BUILD/fetch
deb=$dir/$BASE_SHA256.deb

has_sum()
{
	[ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]
}

# Sets version and sum to the newest package of this name that is on offer.
newest()
{
	local records
	records=$(APT_CONFIG=$dir/apt.conf apt-cache show "$BASE_PACKAGE" 2>/dev/null) || return 1
	version=$(awk '$1 == "Version:" { print $2; exit }' <<<"$records")
	sum=$(awk '$1 == "SHA256:" { print $2; exit }' <<<"$records")
	[ -n "$version" ] && [ -n "$sum" ]
}

if [ -f "$deb" ] && has_sum "$deb" "$BASE_SHA256"; then
	echo "$deb"
	exit
fi

command -v apt-get >/dev/null || die "there is no apt-get to fetch Debian's $BASE_PACKAGE with: $HOW_TO_NAME"
[ -r "$KEYRING" ] || die "$KEYRING is missing: install the package debian-archive-keyring"

site=$(mirror)
[ -n "$site" ] || die "apt has no Debian mirror configured: give one with MIRROR=URL, or $HOW_TO_NAME"

rm -rf "$dir/part"
mkdir -p "$dir/part"
say "fetching $BASE_PACKAGE $BASE_VERSION (160 MB) with apt from this machine's Debian mirror"
apt_update "$dir" "$site" "$BASE_SUITE" >"$dir/log" 2>&1 || {
	grep -E '^(E|W|Err)' "$dir/log" | head -n 5 >&2 || true
	die "apt cannot read $BASE_SUITE from this machine's Debian mirror: check the network and the disk space, or $HOW_TO_NAME"
}

version=$BASE_VERSION sum=$BASE_SHA256
if ! APT_CONFIG=$dir/apt.conf apt-cache madison "$BASE_PACKAGE" | awk -F' *[|] *' '{ print $2 }' | grep -qxF "$version"; then
	newest || die "Debian's $BASE_SUITE has no $BASE_PACKAGE any more: $HOW_TO_NAME"
	[ "$BASE_VERSION" = newest ] || say "Debian no longer has $BASE_PACKAGE $BASE_VERSION: using its newest, $version, which is not what the series was made on"
	deb=$dir/$sum.deb
fi

if ! [ -f "$deb" ] || ! has_sum "$deb" "$sum"; then
	(cd "$dir/part" && APT_CONFIG=$dir/apt.conf apt-get -q download "$BASE_PACKAGE=$version") >"$dir/log" 2>&1 || {
		grep -E '^(E|W|Err)' "$dir/log" | head -n 5 >&2 || true
		die "apt cannot download $BASE_PACKAGE $version: check the network and the disk space, or $HOW_TO_NAME"
	}
	has_sum "$dir"/part/*.deb "$sum" || {
		rm "$dir"/part/*.deb
		die "the downloaded $BASE_PACKAGE $version has another SHA-256 than expected ($sum): not used"
	}
	mv "$dir"/part/*.deb "$deb"
fi
echo "$deb"
