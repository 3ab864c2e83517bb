# Shared by packaging/demo and packaging/check. POSIX sh; sourced with $top set.

say() {
	printf '%s\n' "$*" >&2
}

# as_root COMMAND…: directly, or through sudo
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# names in a package list, without comments
package_names() {
	sed 's/#.*//' "$@" | tr -s ' \t\n' '\n' | sed '/^$/d'
}

installed() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

# need_packages LIST…: installs what is missing; touches nothing, and needs no
# network, when all is there
need_packages() {
	missing=
	for p in $(package_names "$@"); do
		installed "$p" || missing="$missing $p"
	done
	[ -n "$missing" ] || return 0
	if ! command -v apt-get >/dev/null 2>&1; then
		say "missing packages, and no apt-get to install them:$missing"
		return 1
	fi
	say "installing:$missing"
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null 2>&1; then
		say "this needs root, and there is no sudo. Let an administrator run"
		say "    apt-get update && apt-get install --no-install-recommends$missing"
		say "and then start this again."
		return 1
	fi
	as_root apt-get update -qq >&2 &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# build DIR CONFIGURE-ARGUMENTS…: out of tree, again only where something changed
build() {
	dir=$1
	shift
	mkdir -p "$dir"
	[ -x "$top/configure" ] && [ "$top/configure" -nt "$top/configure.ac" ] || "$top/autogen.sh" >"$dir/autogen.log" 2>&1 ||
		{ cat "$dir/autogen.log" >&2; return 1; }
	if [ ! -e "$dir/Makefile" ] || [ "$(cat "$dir/.configured" 2>/dev/null)" != "$*" ]; then
		(cd "$dir" && "$top/configure" -q "$@") >&2 || return 1
		printf '%s\n' "$*" >"$dir/.configured"
	fi
	make -s -C "$dir" -j"$(nproc)" >&2
}
