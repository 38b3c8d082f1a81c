#!/bin/bash
# Lists what this machine lacks; installs it on Debian as root.
#   prereqs.sh GROUP...   what these groups of the list need; all: what every target does
# Reads checks/; writes $BUILD/apt.log if there is something to install.
set -euo pipefail
. "${BASH_SOURCE%/*}/lib.sh"

groups=$*

# What must be there (a command, or a file by its path), the package it is in,
# and the groups it is for.
list()
{
	cat <<-'LIST'
		gcc                     gcc
		/usr/include/stdlib.h   libc6-dev
		make                    make
		git                     git
		flex                    flex
		bison                   bison
		bc                      bc
		perl                    perl
		python3                 python3
		/usr/lib/python3/dist-packages/ply python3-ply
		/usr/lib/python3/dist-packages/git python3-git
		xz                      xz-utils
		flock                   util-linux
		/usr/include/gelf.h     libelf-dev
		/usr/include/openssl/ssl.h libssl-dev
		/bin/busybox            busybox-static
		debootstrap             debootstrap check,litmus
		/usr/bin/time           time litmus
		spatch                  coccinelle check
		sphinx-build            python3-sphinx check
		/usr/lib/python3/dist-packages/yaml python3-yaml check
		dpkg-buildpackage       dpkg-dev deb
		dh                      debhelper deb
		rsync                   rsync deb
		cpio                    cpio deb
		/bin/kmod               kmod deb
		/usr/include/elfutils/libdw.h libdw-dev deb
		b4                      b4 mail
		/usr/lib/git-core/git-send-email git-email mail
		/usr/share/perl5/Mail/Address.pm libmailtools-perl mail
		column                  bsdextrautils mail
		bochs                   bochs bochs
		/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so bochs-term bochs
		/usr/share/bochs/BIOS-bochs-latest bochsbios bochs
		/usr/share/vgabios/vgabios.bin vgabios bochs
		/usr/lib/ISOLINUX/isolinux.bin isolinux bochs
		/usr/lib/syslinux/modules/bios/ldlinux.c32 syslinux-common bochs
		genisoimage             genisoimage bochs
		script                  bsdutils bochs
		gnuplot                 gnuplot-nox bench
	LIST
	sed -n 's/^# cross: \(.*\)-$/\1-gcc gcc-\1 check/p' "$TOP"/checks/*.config
	case $ARCH in
	x86_64)	echo "qemu-system-x86_64 qemu-system-x86"
		# The KVM selftests of 7.3 include those of VFIO.
		echo "/usr/include/uuid/uuid.h uuid-dev" ;;
	arm64)	echo "qemu-system-aarch64 qemu-system-arm" ;;
	# Debian 12 has it in another package.
	riscv)	echo "qemu-system-riscv64 qemu-system-$(. /etc/os-release; [ "${VERSION_CODENAME:-}" = bookworm ] && echo misc || echo riscv)" ;;
	esac
	[ -z "$CROSS" ] || cat <<-LIST
		${CROSS}gcc gcc-$(tr _ - <<<"${CROSS%-}")
		/usr/${CROSS%-}/include/stdlib.h libc6-dev-$(sed 's/x86_64/amd64/; s/riscv/riscv64/' <<<"$ARCH")-cross
	LIST
	[ -n "$LINUX" ] || echo "/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring"
}

needed()
{
	list | awk -v groups=" $groups " '{
		n = split($3 == "" ? "all" : $3, of, ",")
		for (i = 1; i <= n; i++)
			if (index(groups, " " of[i] " ")) { print $1, $2; next } }'
}

missing()
{
	local what package
	while read -r what package; do
		case $what in
		/*)	[ -e "$what" ] || echo "$package" ;;
		*)	type -P "$what" >/dev/null || echo "$package" ;;
		esac
	done < <(needed)
}

packages=$(missing | xargs)
[ -n "$packages" ] || exit 0

install="apt-get install -y --no-install-recommends $packages"
say "this machine lacks: $packages"
if ! command -v apt-get >/dev/null; then
	die "install what the packages of these names hold on Debian, then run make again"
elif [ "$(id -u)" != 0 ]; then
	die "install them as root, then run make again: apt-get update && $install"
fi
export DEBIAN_FRONTEND=noninteractive
log=$BUILD/apt.log
mkdir -p "$BUILD" 2>/dev/null || die "cannot create the build directory $BUILD: name another one with BUILD=DIR"
logged "$log" "$install" eval "apt-get -q update && $install" ||
	die "the packages could not be installed: the log is $log"
packages=$(missing | xargs)
[ -z "$packages" ] || die "still missing after the installation: $packages"
