#!/bin/bash
# Builds one thing each.
#   build.sh KERNEL     "series", "base" or "mutant", or one of them with the options of
#                       kconfig/flavours/FLAVOUR.config, or of several: "series-lockdep",
#                       "series-lockdep+kunit"; prints the image's path
#   build.sh selftests  the KVM selftests that suites/ name, of the patched tree, or of the
#                       release that the base's file names, static; prints their folder
# Reads kconfig/, suites/ and the tree of tree.sh; writes $OBJ/KERNEL or $OBJ/selftests.
# What is in BUILT has been built in this run already, and what is in CONFIGURED has its
# configuration.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

which=$1
tree=$WORK/linux
obj=$OBJ/$which
fragments=$(echo "$TOP"/kconfig/*.config "$TOP"/kconfig/"$ARCH"/*.config)
[ ! -f "$TOP/kconfig/releases/$RELEASE.config" ] || fragments+=" $TOP/kconfig/releases/$RELEASE.config"

# What a flavour adds, some of it only if the base does not have to have it. Fragments that
# its head names as "only", and what the KVM selftests ask for, take the place of all others.
add_flavour()
{
	local folder name only
	[ -f "$TOP/kconfig/flavours/$1.config" ] || die "there is no flavour $1: choose from $(ls "$TOP/kconfig/flavours" | sed -n '/\.series/!s/\.config$//p' | xargs)"
	only=$(sed -n 's/^# only: //p' "$TOP/kconfig/flavours/$1.config")
	[ -z "$only" ] || fragments="$(printf "$TOP/kconfig/%s " $only)$tree/tools/testing/selftests/kvm/config"
	for folder in kconfig "kconfig/$ARCH"; do
		for name in "$1.config" $([ "${which%%-*}" = base ] || echo "$1.series.config"); do
			[ ! -f "$TOP/$folder/flavours/$name" ] || fragments+=" $TOP/$folder/flavours/$name"
		done
	done
}

built()
{
	[[ " ${BUILT:-} " = *" $which "* ]]
}

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
	# Older than any object, see start_from().
	find "$WORK/base.part" -type f -exec touch -d @0 {} +
	mv "$WORK/base.part" "$WORK/base"
}

# allnoconfig plus the fragments. The old .config stays while it says the
# same, so that nothing is rebuilt.
configure()
{
	(cd "$src" && KCONFIG_CONFIG=$obj/new.config scripts/kconfig/merge_config.sh -n -O "$obj" $fragments) || return
	cmp -s "$obj/new.config" "$obj/.config" || cp "$obj/new.config" "$obj/.config"
}

# Of which state the source in FOLDER is.
source_id()
{
	{ git -C "$tree" rev-parse base && [ "$1" = "$WORK/base" ] ||
		{ git -C "$1" rev-parse HEAD && git -C "$1" diff HEAD; }; } | sha256sum
}

# start_from KERNEL FOLDER: begin with the objects of a kernel that has been built with the
# same flavour from the source in FOLDER, as it is, so that only what depends on a file that
# differs is compiled: those are named on stdin. Kbuild's records of commands and dependencies
# name the folders.
start_from()
{
	local from=$OBJ/$1 folder=$2
	[ ! -e "$obj/vmlinux" ] && [ "$(cat "$from/built-from" 2>/dev/null)" = "$(source_id "$folder")" ] || return 0
	rm -rf "$obj" "$obj.part"
	cp -a "$from" "$obj.part"
	find "$obj.part" -name '.*.cmd' -exec sed -i "s|$folder/|$src/|g; s|$from/|$obj/|g" {} +
	# An object without a record is made again. To touch the files would do that to the
	# objects of other kernels as well.
	tr '\0' '\n' | sed 's|^|/|' >"$obj.part/differs"
	{ grep -rlFf "$obj.part/differs" --include='.*.cmd' "$obj.part" || true; } | xargs -r rm
	mv "$obj.part" "$obj"
}

build()
{
	make -C "$src" O="$obj" -j"$JOBS" \
		KBUILD_BUILD_USER=user KBUILD_BUILD_HOST=host KBUILD_BUILD_VERSION=1 \
		KBUILD_BUILD_TIMESTAMP=@1767225600 LOCALVERSION="-$which" "$@"
}

# The programs that suites/ name for ARCH, without init's own. On RISC-V, those of its
# suite: Debian 12's compiler does not take all of the others.
programs()
{
	awk -v arch="$ARCH" '
		function flush() {
			if (run != "" && (archs == "" || index(" " archs " ", " " arch " ")))
				print run
			run = archs = ""
		}
		/^\[/ || FNR == 1 { flush() }
		$1 == "run" && $3 !~ /^(kunit|vmm)$/ && ($3 !~ "/" || index($3, substr(arch, 1, 3)) == 1) { run = $3 }
		$1 == "archs" { sub(/^[^=]*= */, ""); archs = $0 }
		END { flush() }' "$TOP"/suites/$([ "$ARCH" = riscv ] && echo riscv || echo "*") | sort -u
}

selftests()
{
	make -C "$tree" O="$obj/headers" -j"$JOBS" headers &&
	make -C "$tree/tools/testing/selftests/kvm" -j"$JOBS" OUTPUT="$obj/kvm" \
		KHDR_INCLUDES="-isystem $obj/headers/usr/include" USERLDFLAGS=-static \
		$(programs | sed "s|^|$obj/kvm/|")
}

lock
if [ "$which" = selftests ] && [ "$SELFTESTS_RELEASE" != "$RELEASE" ]; then
	built || make -C "$TOP" selftests RELEASE="$SELFTESTS_RELEASE" LINUX= >/dev/null || exit 1
	echo "$SELFTESTS"
	exit
fi
if [ "$which" = selftests ]; then
	mkdir -p "$obj/kvm"
	built || logged "$obj/build.log" "building the KVM selftests" selftests ||
		die "the selftests did not build: the log is $obj/build.log"
	echo "$SELFTESTS"
	exit
fi
if [[ $which = *-* ]]; then
	for flavour in $(tr + ' ' <<<"${which#*-}"); do
		add_flavour "$flavour"
	done
fi
if built; then
	echo "$obj/$IMAGE"
	exit
fi
src=$tree
case ${which%%-*} in
base)	src=$WORK/base; lay_base_files ;;
mutant)	src=$WORK/mutant$FOLDER ;;
esac
[ -e "$obj/vmlinux" ] || need_space 1000 "a kernel build"
differs()
{
	git -C "$1" diff -z --name-only "$2"
}
case ${which%%-*} in
base)	start_from "series${which#base}" "$tree" < <(differs "$tree" base) ;;
series)	start_from "base${which#series}" "$WORK/base" < <(differs "$tree" base) ;;
mutant)	start_from "series${which#mutant}" "$tree" < <(differs "$src" series) ;;
esac
mkdir -p "$obj"
[[ " ${CONFIGURED:-} " = *" $which "* ]] || configure >"$obj/config.log" 2>&1 ||
	die "the $which kernel could not be configured: the log is $obj/config.log"
lost=$(lost_options "$obj/.config" $fragments)
[ -z "$lost" ] || die "the $which kernel's configuration does not have what kconfig/ asks for: $lost"
rm -f "$obj/built-from"
logged "$obj/build.log" "building the $which kernel" build "${IMAGE##*/}" ||
	die "the $which kernel did not build: the log is $obj/build.log"
source_id "$src" >"$obj/built-from"
echo "$obj/$IMAGE"
