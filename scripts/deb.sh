#!/bin/bash
# Builds Debian packages of the patched kernel, and prints their paths. It installs
# nothing. Reads the tree and kconfig/package; writes $BUILD/deb.
#   CONFIG=PATH  the configuration to start from (that of the running kernel)
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

tree=$WORK/linux
out=$BUILD/deb$FOLDER
obj=$out/obj
[ -n "${CONFIG:-}$([ -n "$CROSS" ] || echo native)" ] || die "this host's configuration is not for $ARCH: name one with CONFIG=PATH"
config=$(realpath -m "${CONFIG:-/boot/config-$(uname -r)}")
fragment=$TOP/kconfig/package/deb.config

kbuild()
{
	make -C "$tree" O="$obj" -j"$JOBS" LOCALVERSION=-aging "$@"
}

configure()
{
	local lost
	(cd "$tree" && KCONFIG_CONFIG=$obj/.config scripts/kconfig/merge_config.sh -m -O "$obj" "$config" "$fragment") || return
	# The keys that a distribution trusts are in its own source.
	sed -i 's/^CONFIG_SYSTEM_TRUSTED_KEYS=.*/CONFIG_SYSTEM_TRUSTED_KEYS=""/' "$obj/.config"
	kbuild olddefconfig || return
	lost=$(lost_options "$obj/.config" "$fragment")
	[ -z "$lost" ] || { echo "the configuration does not have what $fragment asks for: $lost"; return 1; }
}

lock
[ -r "$config" ] || die "there is no $config to start from: name a kernel configuration with CONFIG=PATH"
mkdir -p "$obj"
rm -f "$out"/*.deb
need_space 15000 "a kernel with a distribution's configuration"
logged "$out/config.log" "configuring, from $config" configure ||
	die "the kernel could not be configured: the log is $out/config.log"
logged "$out/build.log" "building packages; with a distribution's configuration that takes hours" kbuild bindeb-pkg ||
	die "the packages did not build: the log is $out/build.log"
ls "$out"/*.deb
say "to install the kernel: apt-get install $out/linux-image-*.deb"
