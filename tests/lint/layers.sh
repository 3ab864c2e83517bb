# The include graph of ARCHITECTURE.md: who may include whom, and which outside
# headers belong to one layer only.
. "$FOSSICK_SRC/tests/tap.sh"
cd "$FOSSICK_SRC" || exit 1

# allowed LAYER "LAYERS…": what files of core/LAYER may include
allowed() {
	layer=$1
	shift
	grep -rnoE --include='*.[ch]' '#include "(core/[a-z]+|plugins)/' "core/$layer" | while IFS= read -r hit; do
		of=${hit##*\"}
		of=${of#core/}
		case " $layer $* " in
		*" ${of%%/*} "*) ;;
		*) echo "$hit" ;;
		esac
	done >"$T/hits"
	is "core/$layer includes only: $*" "$(cat "$T/hits")" ""
}

# only_in "HEADER-REGEX" FOLDER…
only_in() {
	what=$1
	shift
	grep -rnE --include='*.[ch]' "#include <($what)" core plugins >"$T/hits"
	for folder in "$@"; do
		grep -v "^$folder/" "$T/hits" >"$T/rest"
		mv "$T/rest" "$T/hits"
	done
	is "<$what> only in $*" "$(cat "$T/hits")" ""
}

allowed base ""
allowed model "base"
allowed ipc "base model"
allowed archive "base model ipc"
allowed evidence "base model ipc"
allowed registry "base model ipc"
allowed module "base model ipc evidence registry plugins"
allowed lua "base model ipc evidence registry module"
allowed worker "base model ipc evidence registry module lua"
allowed keeper "base model ipc archive"

# a module knows the base, the table it fills in, and what modules share
grep -rnoE --include='*.[ch]' '#include "(core|plugins)/[a-z0-9]+/' plugins | while IFS= read -r hit; do
	of=${hit##*\"}
	self=${hit#plugins/}
	case $of in
	core/base/ | core/module/ | plugins/shared/ | "plugins/${self%%/*}/") ;;
	*) echo "$hit" ;;
	esac
done >"$T/hits"
is "plugins include only core/base, core/module, plugins/shared and their own" "$(cat "$T/hits")" ""

only_in 'tsk/' core/evidence
only_in 'libregf\.h' core/registry
only_in 'libbfio\.h' core/registry plugins/ese
only_in 'libesedb\.h' plugins/ese
only_in '(lua|lauxlib|lualib)\.h' core/lua
only_in 'sqlite3\.h' plugins/sqlite
only_in 'snappy-c\.h' plugins/leveldb
only_in 'zip\.h' plugins/zip
only_in 'expat\.h' plugins/plist
only_in 'yara\.h' plugins/yara
only_in 'uv\.h' core/keeper
only_in 'libdeflate\.h' core/evidence core/archive
only_in 'archive(_entry)?\.h' core/archive
only_in '(seccomp|linux/(landlock|seccomp))\.h' core/worker
only_in 'openssl/' core/base plugins/macho plugins/pe plugins/shared

# opening for writing, in whatever spelling, belongs to the archive
grep -rnE --include='*.[ch]' '\b(O_WRONLY|O_RDWR|O_CREAT|GENERIC_WRITE|fopen|creat|mkstemp|CREATE_NEW|CREATE_ALWAYS)\b' core plugins |
	grep -v '^core/archive/' >"$T/hits"
is "only core/archive opens files for writing" "$(cat "$T/hits")" ""
done_testing
