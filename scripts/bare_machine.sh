#!/bin/sh
# Makes a bare Debian 12 in a folder, with python3, python3-venv and make only, and runs there what the README says:
# `make demo` (once) and `make test`. Arguments are the tests to run instead of all. As root on Debian only.
#
# This machine's package sources reach it too: pip's settings, certificates, name servers and proxies.
# BARE_FOLDER keeps the machine between two runs; without it, it is made anew and removed.
set -eu
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] || { echo "make bare needs root on Debian." >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "make bare needs debootstrap: apt-get install debootstrap" >&2; exit 1; }

machine=${BARE_FOLDER:-$(mktemp -d "${TMPDIR:-/var/tmp}/bare-debian-XXXXXX")}
mounted="dev/shm dev/pts dev proc"

leave() {
	for each in $mounted; do
		if mountpoint -q "$machine/$each"; then umount "$machine/$each" || umount -l "$machine/$each"; fi
	done
	for each in $mounted; do
		if mountpoint -q "$machine/$each"; then echo "Still mounted: $machine/$each" >&2; return; fi
	done
	[ -n "${BARE_FOLDER:-}" ] || rm -rf --one-file-system "$machine"
}
trap leave EXIT
trap 'exit 130' INT TERM

if [ ! -e "$machine/etc/debian_version" ]; then
	echo "Making a bare Debian 12 in $machine …"
	debootstrap --variant=minbase --include=python3,python3-venv,make,ca-certificates bookworm "$machine" >"$machine.log" 2>&1 ||
		{ tail -n 20 "$machine.log" >&2; exit 1; }
	rm -f "$machine.log"
fi

for each in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.pip" \
	/etc/ssl/certs/ca-certificates.crt "${PIP_CERT:-}" "${SSL_CERT_FILE:-}"; do
	if [ -n "$each" ] && [ -e "$each" ]; then
		to=$each
		case $each in "$HOME"/*) to=/root${each#"$HOME"} ;; esac
		mkdir -p "$machine${to%/*}"
		rm -rf "$machine$to"
		cp -rL "$each" "$machine$to"
	fi
done
apt-config dump | grep -i '^Acquire::.*proxy' >"$machine/etc/apt/apt.conf.d/90proxy" || true

mount -t proc proc "$machine/proc"
mount -t tmpfs -o mode=755 dev "$machine/dev"
for each in null zero full random urandom tty; do
	mknod -m 666 "$machine/dev/$each" c $(stat -c '0x%t 0x%T' "/dev/$each")
done
mkdir "$machine/dev/shm" "$machine/dev/pts"
mount -t tmpfs -o mode=1777 shm "$machine/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$machine/dev/pts"
ln -s pts/ptmx "$machine/dev/ptmx"
ln -s /proc/self/fd "$machine/dev/fd"

checkout=/opt/followthrough
rm -rf "$machine$checkout"
mkdir -p "$machine$checkout"
git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' - |
	tar --create --null --files-from=- | tar --extract --no-same-owner --directory "$machine$checkout"

inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 $(env | grep -E '^(PIP_|SSL_CERT_FILE|[a-z]+_proxy=|[A-Z]+_PROXY=)') \
		chroot "$machine" sh -c "cd $checkout && $1"
}

echo "make demo ONCE=1 …"
inside "make demo ONCE=1"
if [ $# = 0 ]; then
	echo "make test …"
	inside "make test"
	echo "Both commands of the README work on a bare Debian 12."
else
	echo "make test, of it: $* …"
	inside "make test TESTS='$*'"
	echo "make demo works on a bare Debian 12, and so does what was run of make test: $*"
fi
