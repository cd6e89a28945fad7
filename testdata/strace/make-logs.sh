#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make-logs.sh [-o DIR] [-s SELFTESTS] [-j JOB] VERSION=VMLINUZ... : makes the logs of this
# directory again, or those of the jobs whose names fit a shell pattern. Each kernel is booted under QEMU with a root file system of Debian packages (strace,
# util-linux, bubblewrap, crun, busybox and what they are linked with, from the suite $SUITE of
# the mirror that apt is set up with; nothing is installed), runs the programs of the file JOBS
# as root under strace, and DIR/VERSION/NAME.strace.gz is what strace wrote. SELFTESTS is a
# directory with the statically linked binaries of tools/testing/selftests/namespaces.
# Needs apt, dpkg, cpio, qemu-system-x86_64.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
out=$here
selftests=${SELFTESTS:-}
suite=${SUITE:-sid}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nssim-strace
packages="strace util-linux bubblewrap crun busybox-static libc6 libunwind8 liblzma5 libmount1
	libblkid1 libsmartcols1 libselinux1 libpcre2-8-0 libcap2 libcap-ng0 libseccomp2 libjson-c5
	libsystemd0 libgcc-s1 libblake3-0 libuuid1 libudev1"
programs="strace unshare nsenter lsns bwrap crun chrt busybox"

die() { echo "make-logs.sh: $*" >&2; exit 2; }
only='*'
while getopts o:s:j: opt; do
	case $opt in
	o) out=$OPTARG ;;
	s) selftests=$OPTARG ;;
	j) only=$OPTARG ;;
	*) sed -n '3,11s/^# //p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || die "which kernels? VERSION=VMLINUZ..."
[ -d "$selftests" ] || die "-s: no directory with the selftests' binaries"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fetch() { # the packages, unpacked into $cache/root
	[ ! -e "$cache/root/usr/bin/strace" ] || return 0
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 -E '/debian/?$') ||
		die "apt is set up with no Debian mirror"
	mkdir -p "$cache"/apt/{lists/partial,cache/archives/partial} "$cache/deb"
	echo "deb [signed-by=$keyring] $mirror $suite main" >"$cache/apt/sources.list"
	cat >"$cache/apt/apt.conf" <<-END
		Dir::Etc::sourcelist "$cache/apt/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::State::Lists "$cache/apt/lists";
		Dir::Cache "$cache/apt/cache";
		APT::Sandbox::User "root";
	END
	export APT_CONFIG=$cache/apt/apt.conf
	apt-get update -qq
	# shellcheck disable=SC2086
	(cd "$cache/deb" && apt-get download -qq $packages)
	for d in "$cache"/deb/*.deb; do dpkg -x "$d" "$cache/root.new"; done
	rm -rf "$cache/root" && mv "$cache/root.new" "$cache/root"
}

tree() { # the root file system of the guest
	local r=$tmp/root p lib
	mkdir -p "$r"/{dev,etc,proc,sys,tmp,run,t,usr/bin,usr/lib/x86_64-linux-gnu,usr/lib64}
	ln -s usr/bin "$r/bin" && ln -s usr/bin "$r/sbin" && ln -s usr/lib "$r/lib" && ln -s usr/lib64 "$r/lib64"
	for p in $programs; do cp "$cache/root/usr/bin/$p" "$r/usr/bin/"; done
	cp -a "$cache"/root/usr/lib/x86_64-linux-gnu/*.so* "$r/usr/lib/x86_64-linux-gnu/"
	cp -aL "$cache"/root/usr/lib64/ld-linux-x86-64.so.2 "$r/usr/lib64/"
	for p in sh mount umount mkdir cp switch_root ln cat echo tar gzip base64 stty poweroff true sleep readlink ls id; do
		ln -s busybox "$r/usr/bin/$p"
	done
	echo 'root:x:0:0:root:/tmp:/bin/sh' >"$r/etc/passwd"
	echo 'root:x:0:' >"$r/etc/group"
	cp "$selftests"/* "$r/t/"
	# A container of one statically linked program.
	mkdir -p "$r"/bundle/rootfs/{bin,proc,dev,sys,tmp}
	cp "$cache/root/usr/bin/busybox" "$r/bundle/rootfs/bin/"
	cp "$here/config.json" "$r/bundle/"
	# A container runtime cannot pivot away from the initial root file system.
	cat >"$r/init" <<-'END'
		#!/bin/sh
		export PATH=/usr/bin
		mkdir /new
		mount -t tmpfs tmpfs /new
		cp -a /[!n]* /new/
		exec switch_root /new /init2
	END
	{
		cat <<-'END'
			#!/bin/sh
			export PATH=/usr/bin HOME=/tmp
			mount -t proc proc /proc
			mount -t sysfs sysfs /sys
			mount -t devtmpfs devtmpfs /dev
			mount -t tmpfs -o mode=1777 tmpfs /tmp
			mount -t cgroup2 cgroup2 /sys/fs/cgroup
			mount -t tmpfs tmpfs /run
			mkdir -p /run/logs
			cd /tmp
			job() {
				name=$1
				shift
				case $name in $only) ;; *) return ;; esac
				$sched strace -f -v -s 4096 $opts -o /run/logs/$name.strace -- "$@" </dev/null >/dev/null 2>&1
				echo "$name: $?" >/dev/console
			}
		END
		echo "only='$only'"
		cat "$here/JOBS"
		cat <<-'END'
			stty -F /dev/ttyS1 raw 115200
			tar -C /run/logs -c . | gzip -9 | base64 >/dev/ttyS1
			echo "@end" >/dev/ttyS1
			sleep 1
			poweroff -f
		END
	} >"$r/init2"
	chmod +x "$r/init" "$r/init2"
	(cd "$r" && find . | cpio -o -H newc --quiet) >"$tmp/initrd"
}

boot() { # boot VERSION VMLINUZ
	timeout -k 5 "${LIMIT:-1200}" qemu-system-x86_64 -accel tcg -m 1024 -smp 1 -nographic -no-reboot \
		-nodefaults -monitor none -serial "file:$tmp/console" -serial "file:$tmp/data" \
		-kernel "$2" -initrd "$tmp/initrd" \
		-append "console=ttyS0 rdinit=/init quiet panic=-1" </dev/null || die "$1: qemu failed"
	tr -d '\r' <"$tmp/console" >&2
	grep -q '^@end' "$tmp/data" || die "$1: the guest did not get to its end"
	rm -rf "$tmp/logs" && mkdir "$tmp/logs"
	tr -d '\r' <"$tmp/data" | sed '/^@end/,$d' | base64 -d | tar -xz -C "$tmp/logs"
	mkdir -p "$out/$1"
	local f
	for f in "$tmp"/logs/*.strace; do
		gzip -9 -n <"$f" >"$out/$1/$(basename "$f").gz"
	done
}

fetch
tree
for k; do
	case $k in *=*) boot "${k%%=*}" "${k#*=}" ;; *) die "$k: VERSION=VMLINUZ was expected" ;; esac
done
