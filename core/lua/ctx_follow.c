/* ctx:follow and ctx:expand: what Lua and the evidence give to core/lua/follow.h. */
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/lua/environment.h"
#include "core/lua/follow.h"
#include "core/lua/internal.h"

/* One call. */
struct bridge {
	const struct fsk_run *run;
	const char *const *env; /* given: names and values in turn, or NULL */
	size_t nenv;            /* pairs */
	const json_t *user;     /* the user's own, when asked for */
	struct fsk_follow follow;
};

/* --- the evidence --- */

static int lookup(void *arg, struct fsk_entry *out, char drive, const char *path,
                  struct fsk_err *err)
{
	const struct bridge *b = arg;
	struct fsk_fs *fs = b->run->item->fs;
	int rc = drive == 0 ? 0 : fsk_machine_drive_fs(&fs, b->run->item->machine, drive, err);

	return rc < 0 ? rc : fsk_fs_lookup(out, fs, path, err);
}

static bool has_drive(void *arg, char letter)
{
	const struct bridge *b = arg;

	return fsk_machine_has(b->run->item->machine, letter);
}

/* The profile is where Windows is, unless the volume in hand says otherwise. */
static const json_t *user_environment(struct bridge *b)
{
	struct fsk_machine *m = b->run->item->machine;
	struct fsk_fs *fs = b->run->item->fs;
	const char *user = b->follow.user;

	if (b->user == NULL && m != NULL && user != NULL && *user != '\0') {
		if (b->follow.profile == NULL && fsk_machine_has(m, m->system) &&
		    fsk_machine_drive_fs(&fs, m, m->system, NULL) < 0)
			return NULL;
		b->user = fsk_machine_user(m, fs, user, b->follow.profile, b->follow.root);
	}
	return b->user;
}

static const char *given(const struct bridge *b, const char *name, size_t n)
{
	for (size_t i = 0; i < b->nenv; i++)
		if (strlen(b->env[2 * i]) == n && strncasecmp(b->env[2 * i], name, n) == 0)
			return b->env[2 * i + 1];
	return NULL;
}

static const char *variable(void *arg, enum fsk_follow_scope scope, const char *name, size_t n)
{
	struct bridge *b = arg;
	const struct fsk_machine *m = b->run->item->machine;

	if (scope == FSK_FOLLOW_GIVEN)
		return given(b, name, n);
	if (scope == FSK_FOLLOW_USER)
		return fsk_environment_get(user_environment(b), name, n);
	return m != NULL ? fsk_environment_get(m->environment, name, n) : NULL;
}

/* --- options --- */

static const char *const options[] = { "dir", "env", "root", "user", "wow64", NULL };

static void check_options(lua_State *L, int at)
{
	for (lua_pushnil(L); lua_next(L, at); lua_pop(L, 1)) {
		size_t i = 0;

		while (options[i] != NULL && (lua_type(L, -2) != LUA_TSTRING ||
		                              strcmp(lua_tostring(L, -2), options[i]) != 0))
			i++;
		if (options[i] == NULL)
			luaL_argerror(L, at,
			              "the options are 'dir', 'env', 'root', 'user' and 'wow64'");
	}
}

/* A text that the table keeps alive, or NULL. */
static const char *text_option(lua_State *L, int at, const char *name)
{
	const char *text = NULL;

	lua_pushstring(L, name);
	if (lua_rawget(L, at) != LUA_TNIL)
		text = luaL_checkstring(L, -1);
	lua_pop(L, 1);
	return text;
}

/* Names and values in turn; the table on the stack keeps them alive. */
static void take_env(lua_State *L, struct bridge *b)
{
	const char **pairs;
	int table = lua_gettop(L);
	size_t n = 0;

	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
		n++;
	pairs = lua_newuserdatauv(L, (2 * n + 1) * sizeof(*pairs), 0);
	for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "option 'env' is a table of strings by name");
		pairs[2 * b->nenv] = lua_tostring(L, -2);
		pairs[2 * b->nenv + 1] = lua_tostring(L, -1);
		b->nenv++;
	}
	b->env = pairs;
}

/* Leaves on the stack what the bridge needs. */
static void take_options(lua_State *L, int at, struct bridge *b)
{
	if (lua_isnoneornil(L, at))
		return;
	luaL_checktype(L, at, LUA_TTABLE);
	check_options(L, at);
	b->follow.user = text_option(L, at, "user");
	b->follow.dir = text_option(L, at, "dir");
	b->follow.root = text_option(L, at, "root");
	lua_pushliteral(L, "wow64");
	lua_rawget(L, at);
	b->follow.wow64 = lua_toboolean(L, -1);
	lua_pop(L, 1);
	lua_pushliteral(L, "env");
	if (lua_rawget(L, at) == LUA_TNIL)
		return;
	luaL_argexpected(L, lua_istable(L, -1), at, "a table in 'env'");
	take_env(L, b);
}

/* The folder on this volume whose name is the user's, as ProfileList has it, or NULL. */
static const char *find_profile(const struct fsk_profiles *p, const char *user)
{
	for (size_t i = 0; p != NULL && user != NULL && i < p->count; i++) {
		const char *slash = strrchr(p->items[i].path, '/');

		if (!fsk_profile_is_former(p->items[i].path) &&
		    fsk_text_casecmp(slash != NULL ? slash + 1 : p->items[i].path, user) == 0)
			return p->items[i].path;
	}
	return NULL;
}

static void start(lua_State *L, struct bridge *b, int at)
{
	const struct fsk_engine_item *item = fsk_run_of(L)->item;

	*b = (struct bridge){ .run = fsk_run_of(L) };
	b->follow = (struct fsk_follow){
		.lookup = lookup,
		.has_drive = has_drive,
		.variable = variable,
		.arg = b,
		.letter = item->volume->letter,
		.system = item->machine != NULL ? item->machine->system : 0,
	};
	lua_settop(L, at);
	take_options(L, at, b);
	b->follow.profile = find_profile(item->profiles, b->follow.user);
}

/// ctx:expand(text[, options])
///
/// Text with each `%NAME%` replaced, as for `ctx:follow` and with the same options.
/// `nil, message, code` for a name that is not known.
///
/// ```lua
/// assert(ctx:expand("%windir%\\notepad.exe") == "C:\\Windows\\notepad.exe")
/// assert(ctx:expand("%TOOLS%\\a.exe", { env = { tools = "%ProgramFiles%\\T" } })
///     == "C:\\Program Files\\T\\a.exe")
/// assert(not ctx:expand("%unknown%"))
/// ```
int fsk_ctx_expand(lua_State *L)
{
	const char *text;
	struct bridge b;
	struct fsk_err err;
	char *expanded;

	fsk_ctx_check(L);
	text = luaL_checkstring(L, 2);
	start(L, &b, 3);
	expanded = lua_newuserdatauv(L, FSK_FOLLOW_MAX + 1, 0);
	fsk_sandbox_charge(L, FSK_COST_LOOKUP);
	if (fsk_follow_expand(expanded, &b.follow, text, &err) < 0)
		return fsk_push_failure(L, &err);
	lua_pushstring(L, expanded);
	return 1;
}

/* --- follow --- */

/* What was found, where no jump can lose it. */
struct followed {
	struct fsk_object object;
	struct fsk_followed r;
};

static void release_followed(struct fsk_object *self)
{
	fsk_followed_free(&((struct followed *) self)->r);
}

static const luaL_Reg no_methods[] = { { NULL, NULL } };
static const struct fsk_bound bound_followed = {
	.name = "followed",
	.methods = no_methods,
	.release = release_followed,
};

static void push_entry_copy(lua_State *L, const struct fsk_entry *e)
{
	struct fsk_err err;

	if (fsk_entry_copy(fsk_entry_push(L, NULL), e, &err) < 0)
		luaL_error(L, "%s", err.msg);
}

static void push_via(lua_State *L, unsigned via)
{
	luaL_Buffer b;
	bool some = false;

	luaL_buffinit(L, &b);
	for (unsigned bit = 1; fsk_follow_via_name(bit) != NULL; bit <<= 1) {
		if (!(via & bit))
			continue;
		if (some)
			luaL_addstring(&b, ", ");
		luaL_addstring(&b, fsk_follow_via_name(bit));
		some = true;
	}
	luaL_pushresult(&b);
}

/* The table that tells how it was found. */
static void push_how(lua_State *L, const struct fsk_followed *r)
{
	lua_createtable(L, 0, 4);
	if (r->via != 0) {
		push_via(L, r->via);
		lua_setfield(L, -2, "via");
	}
	if (r->host[0] != '\0') {
		lua_pushstring(L, r->host);
		lua_setfield(L, -2, "host");
	}
	if (r->has_program) {
		push_entry_copy(L, &r->program);
		lua_setfield(L, -2, "program");
	}
	if (r->script != NULL) {
		fsk_push_text(L, r->script);
		lua_setfield(L, -2, "script");
	}
}

static int push_followed(lua_State *L, const struct fsk_followed *r, int rc,
                         const struct fsk_err *why)
{
	const char *reason = lua_pushfstring(L, "named in: %s", lua_tostring(L, 2));

	if (r->has_program)
		fsk_run_collect(L, &r->program, reason);
	if (rc < 0) {
		fsk_push_failure(L, why);
		push_how(L, r);
		return 4;
	}
	fsk_run_collect(L, &r->entry, reason);
	push_entry_copy(L, &r->entry);
	push_how(L, r);
	return 2;
}

/// ctx:follow(command_line[, options])
///
/// From a command line found in evidence to the file on the same evidence that it would
/// start. The file is collected; its entry and a table that tells how it was found are
/// returned. `nil, message, code` and that table when there is none: `not-found` when it is not
/// there, lies on a drive that the evidence does not have, or on a server; `unsupported` when it
/// cannot be known (a variable, `"%1"`); another code when a folder could not be read, so that
/// its absence is not proven. One larger than `--limit-size` is recorded as an anomaly with
/// status `over-limit`, not stored.
///
/// | option | meaning |
/// |---|---|
/// | `user` | name of the profile folder: whose variables count, those in that `NTUSER.DAT` |
/// | `env` | table of variables, which come before all others |
/// | `wow64` | `true`: a 32-bit program says it (keys below `Wow6432Node`): `SysWOW64` and
///     `Program Files (x86)` come first; otherwise they come second |
/// | `dir` | the folder in which relative names begin |
/// | `root` | folder of a former installation (`"Windows.old"`), looked through first: also for the
///     profile of the user |
///
/// Variables are those given, the user's, the machine's (SYSTEM hive), then what every Windows
/// has. Quotes, `\??\`, `\\?\GLOBALROOT\Device\…`, `\SystemRoot\`, `file:///` and 8.3 names
/// are understood; unquoted paths with spaces are tried as Windows tries them, shortest first;
/// names without a folder along the search path and `Path`. A path on another drive letter is
/// looked up on the volume that has it, when that is of the same machine; entries of it can be
/// read and collected like others.
///
/// Programs whose argument is what matters are looked through, also one inside another:
/// `cmd`, `rundll32`, `regsvr32`, `wscript`, `cscript`, `mshta`, `powershell` (`-File`, the files
/// that a `-Command` names, and those in `-EncodedCommand`), `msiexec`, `explorer`, `conhost`,
/// `forfiles`, `control`, `java -jar`, `python`, `perl`, `node`, `wmic`, `runas` and more. When
/// they name no file they are the file themselves. A command line that begins with `/` or `~/`
/// is one of Unix.
///
/// | how | meaning |
/// |---|---|
/// | `how.via` | what had to be known, in this order and parted by `", "`: `environment`,
///     `8.3 name`, `wow64`, `search path`, `working folder`, `root`, `device` (a name of a device
///     that says no letter), `base64`; nil when nothing |
/// | `how.host` | the program that was looked through: `"rundll32"` |
/// | `how.program` | its entry when it lies outside of the Windows folder; it is collected, too |
/// | `how.script` | the text of `-EncodedCommand` |
///
/// ```lua
/// local e = ctx:follow('"%UserProfile%\\Downloads\\setup.exe" /quiet', { user = "ann" })
/// assert(e.path == "Users/ann/Downloads/setup.exe")
/// local lib, how = ctx:follow("rundll32 C:\\Users\\ann\\x.dll,Run")
/// assert(lib.name == "x.dll" and how.host == "rundll32")
/// local none, why = ctx:follow("E:\\tool.exe")
/// assert(why == "on drive E:, which the evidence does not have")
/// ```
int fsk_ctx_follow(lua_State *L)
{
	const char *command;
	struct bridge b;
	struct followed *found;
	struct fsk_err err;
	int rc;

	fsk_ctx_check(L);
	command = luaL_checkstring(L, 2);
	start(L, &b, 3);
	fsk_sandbox_charge(L, FSK_COST_LOOKUP);
	found = fsk_object_new(L, &bound_followed, sizeof(*found), 0);
	rc = fsk_follow_command(&found->r, &b.follow, command, &err);
	fsk_sandbox_charge(L, (uint64_t) found->r.lookups * FSK_COST_LOOKUP);
	return push_followed(L, &found->r, rc, &err);
}
