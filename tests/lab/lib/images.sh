# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What virtual machines boot: kernels, initramfs images.
#
# A kernel comes from a root directory ("/" or, say, a chroot): its
# boot/vmlinuz-VERSION and lib/modules/VERSION.

# _lab_kernel_version ROOT: the newest kernel there that has its modules
_lab_kernel_version()
{
	local root=${1%/} version
	for version in $(find "$root/boot" -maxdepth 1 -name 'vmlinuz-*' \
			-printf '%f\n' | sort -rV); do
		version=${version#vmlinuz-}
		if [ -d "$root/lib/modules/$version/kernel" ]; then
			echo "$version"
			return 0
		fi
	done
	_lab_say "no kernel with modules in ${root:-/}:" \
		"install linux-image-amd64 there"
	return 1
}

_lab_le32()
{
	od -A n -t u4 --endian=little -j "$2" -N 4 "$1" | tr -d ' '
}

# Takes the ELF kernel out of a bzImage: QEMU boots it directly (PVH) and the
# guest need not unpack it, which is most of the boot's time under emulation.
_lab_extract_vmlinux()
{
	local image=$1 out=$2 setup offset length unpack
	setup=$(od -A n -t u1 -j $((0x1f1)) -N 1 "$image" | tr -d ' ')
	offset=$((($(_lab_le32 "$image" $((0x248)))) + (setup + 1) * 512))
	length=$(_lab_le32 "$image" $((0x24c)))
	case $(od -A n -t x1 -j "$offset" -N 4 "$image" | tr -d ' ') in
	fd377a58) unpack="xz -dc --single-stream" ;;
	1f8b*) unpack="gzip -dc" ;;
	28b52ffd) unpack="zstd -dc" ;;
	02214c18) unpack="lz4 -dc" ;;
	*)
		_lab_say "$image is compressed in a way that is unknown here"
		return 1
		;;
	esac
	# The payload ends with its length, which some unpackers complain of:
	# what counts is that an ELF file came out.
	tail -c +$((offset + 1)) "$image" | head -c "$length" |
		$unpack > "$out" 2> /dev/null || :
	if [ "$(head -c 4 "$out" | tail -c 3)" != ELF ]; then
		_lab_say "no kernel found in $image"
		return 1
	fi
}

# lab_vmlinux ROOT: prints the path of the newest kernel there as ELF file
lab_vmlinux()
{
	local version image
	version=$(_lab_kernel_version "$1") || return 1
	image=${1%/}/boot/vmlinuz-$version
	_lab_cached "vmlinux-$version" \
		"$(_lab_key "$(stat -c '%s %Y' "$image")")" \
		_lab_extract_vmlinux "$image"
}

# _lab_copy_modules ROOT VERSION DESTINATION MODULE...: with what they need,
# unpacked; prints their file names in loading order
_lab_copy_modules()
{
	local root=$1 version=$2 to=$3 file name
	shift 3
	modprobe -d "$root" -S "$version" -a --show-depends "$@" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r file; do
			name=${file##*/}
			case $name in
			*.xz)
				name=${name%.xz}
				xz -dc "$file" > "$to/$name"
				;;
			*.zst)
				name=${name%.zst}
				zstd -qdc "$file" > "$to/$name"
				;;
			*)
				cp "$file" "$to/$name"
				;;
			esac
			echo "$name"
		done
}

# _lab_copy_program SOURCE=NAME DIRECTORY: as bin/NAME, with its libraries
_lab_copy_program()
{
	local source=${1%=*} library
	cp "$source" "$2/bin/${1##*=}"
	for library in $(ldd "$source" 2> /dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$2${library%/*}"
		cp -L "$library" "$2$library"
	done
}

# _lab_make_initramfs ROOT VERSION INIT "MODULE..." "SOURCE=NAME..." OUT
_lab_make_initramfs()
{
	local dir=$6.dir program
	mkdir -p "$dir"/{bin,modules,dev,proc,sys,run}
	# shellcheck disable=SC2086 # a list of modules
	_lab_copy_modules "$1" "$2" "$dir/modules" $4 > "$dir/modules/order"
	for program in busybox=busybox $5; do
		_lab_copy_program "$(command -v "${program%=*}")=${program#*=}" \
			"$dir"
	done
	ln -s busybox "$dir/bin/sh"
	install -m 755 "$3" "$dir/init"
	mknod "$dir/dev/console" c 5 1
	(cd "$dir" && find . | sort | cpio -o -H newc --quiet) > "$6"
	rm -rf "$dir"
}

# _lab_initramfs NAME ROOT "MODULE..." "SOURCE=NAME..." INIT: cached by content
_lab_initramfs()
{
	local name=$1 root=$2 modules=$3 programs=$4 init=$5 version
	version=$(_lab_kernel_version "$root") || return 1
	_lab_cached "$name-$version" "$(_lab_key "$modules $programs" \
		"$(stat -c '%s %Y' "$root/lib/modules/$version/modules.dep" \
			"$(command -v busybox)")" "$init" \
		"$(declare -f _lab_make_initramfs _lab_copy_modules)")" \
		_lab_make_initramfs "$root" "$version" "$init" "$modules" \
		"$programs"
}
