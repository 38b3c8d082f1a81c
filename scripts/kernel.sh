#!/bin/bash
# Builds one kernel and prints its image's path: "series", "base" or "mutant", or
# one of them with the options of kconfig/flavours/FLAVOUR.config: "series-lockdep".
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

which=$1
tree=$WORK/linux
obj=$OBJ/$which
fragments=$(echo "$TOP"/kconfig/*.config "$TOP"/kconfig/"$ARCH"/*.config)
case $which in
*-*)	flavour=flavours/${which#*-}.config
	[ -f "$TOP/kconfig/$flavour" ] || die "there is no flavour ${which#*-}: choose from$(cd "$TOP/kconfig/flavours" && printf ' %s' *.config | sed 's/\.config//g')"
	fragments+=" $TOP/kconfig/$flavour"
	[ ! -f "$TOP/kconfig/$ARCH/$flavour" ] || fragments+=" $TOP/kconfig/$ARCH/$flavour"
	# Options that the base does not have.
	flavour=${flavour%.config}.series.config
	[ "${which%%-*}" = base ] || [ ! -f "$TOP/kconfig/$ARCH/$flavour" ] || fragments+=" $TOP/kconfig/$ARCH/$flavour" ;;
esac

# The pristine base beside the tree, as plain files.
lay_base_files()
{
	[ -d "$WORK/base" ] && return
	need_space 2000 "the base kernel's source"
	say "laying down the base beside the tree"
	rm -rf "$WORK/base.part"
	GIT_INDEX_FILE=$WORK/base.index git -C "$tree" read-tree base
	GIT_INDEX_FILE=$WORK/base.index git -C "$tree" checkout-index -a --prefix="$WORK/base.part/"
	rm "$WORK/base.index"
	mv "$WORK/base.part" "$WORK/base"
}

# allnoconfig plus the fragments. The old .config stays while it says the
# same, so that nothing is rebuilt.
configure()
{
	(cd "$src" && KCONFIG_CONFIG=$obj/new.config scripts/kconfig/merge_config.sh -n -O "$obj" $fragments) || return
	cmp -s "$obj/new.config" "$obj/.config" || cp "$obj/new.config" "$obj/.config"
}

build()
{
	make -C "$src" O="$obj" -j"$JOBS" \
		KBUILD_BUILD_USER=user KBUILD_BUILD_HOST=host KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_TIMESTAMP=@1767225600 LOCALVERSION="-$which" "$@"
}

lock
src=$tree
case ${which%%-*} in
base)	src=$WORK/base; lay_base_files ;;
mutant)	src=$WORK/mutant$FOLDER ;;
esac
mkdir -p "$obj"
[ -e "$obj/vmlinux" ] || need_space 1000 "a kernel build"
logged "$obj/config.log" "configuring the $which kernel" configure ||
	die "the $which kernel could not be configured: the log is $obj/config.log"
lost=$(lost_options "$obj/.config" $fragments)
[ -z "$lost" ] || die "the $which kernel's configuration does not have what kconfig/ asks for: $lost"
logged "$obj/build.log" "building the $which kernel" build "${IMAGE##*/}" ||
	die "the $which kernel did not build: the log is $obj/build.log"
echo "$obj/$IMAGE"
