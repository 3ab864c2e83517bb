/* Globals of ours: time, bytes, require, data, list, given; and small things that
 * the classes share. */
#include <math.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/crypt.h"
#include "core/base/digest.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/lua/internal.h"

int fsk_push_failure(lua_State *L, const struct fsk_err *err)
{
	lua_pushnil(L);
	lua_pushstring(L, err->msg);
	lua_pushstring(L, fsk_code_name(err->code));
	return 3;
}

void fsk_push_time(lua_State *L, fsk_time t)
{
	char iso[FSK_TIME_STR_MAX];

	if (t == FSK_TIME_NONE)
		lua_pushnil(L);
	else
		lua_pushstring(L, fsk_time_iso(iso, t));
}

void fsk_push_text(lua_State *L, const char *s)
{
	if (s == NULL)
		lua_pushnil(L);
	else
		lua_pushstring(L, s);
}

/* --- time --- */

/// # time
///
/// Numbers of evidence to ISO times in UTC (`"2023-03-29T08:15:30.5Z"`). All give nil for nil
/// and for what no time can be; a 0 is nil where the format uses it for "never".
/* Times of evidence may be nil, or floats of a database column; what is no
 * whole number is cut. False when there is no number. */
static bool whole(lua_State *L, int64_t *out)
{
	lua_Number n;

	if (lua_isnoneornil(L, 1))
		return false;
	if (lua_isinteger(L, 1)) {
		*out = lua_tointeger(L, 1);
		return true;
	}
	n = luaL_checknumber(L, 1);
	if (!(n > -9.2e18 && n < 9.2e18))
		return false;
	*out = (int64_t) n;
	return true;
}

/// time.webkit(n)
///
/// Microseconds since 1601: Chrome, Edge, Brave.
///
/// ```lua
/// assert(time.webkit(13324551330000000) == "2023-03-29T08:15:30Z")
/// assert(time.webkit(0) == nil)
/// ```
static int time_webkit(lua_State *L)
{
	int64_t n;

	fsk_push_time(L, whole(L, &n) ? fsk_time_from_webkit(n) : FSK_TIME_NONE);
	return 1;
}

/// time.prtime(n)
///
/// Microseconds since 1970: Firefox.
///
/// ```lua
/// assert(time.prtime(1680077730000000) == "2023-03-29T08:15:30Z")
/// ```
static int time_prtime(lua_State *L)
{
	int64_t n;

	fsk_push_time(L, whole(L, &n) ? fsk_time_from_prtime(n) : FSK_TIME_NONE);
	return 1;
}

/// time.filetime(n)
///
/// Units of 100 ns since 1601: Windows.
///
/// ```lua
/// local raw = bytes.unhex("003d29a01662d901")
/// assert(time.filetime(bytes.u64le(raw)) == "2023-03-29T08:15:30Z")
/// ```
static int time_filetime(lua_State *L)
{
	int64_t n;

	fsk_push_time(L, whole(L, &n) ? fsk_time_from_filetime((uint64_t) n) : FSK_TIME_NONE);
	return 1;
}

/// time.unix(n)
///
/// Seconds since 1970, whole or with a fraction.
///
/// ```lua
/// assert(time.unix(1680077730.25) == "2023-03-29T08:15:30.250Z")
/// ```
static int time_unix(lua_State *L)
{
	lua_Number n;

	if (lua_isnoneornil(L, 1) || lua_isinteger(L, 1)) {
		fsk_push_time(L, lua_isinteger(L, 1) ? fsk_time_from_unix(lua_tointeger(L, 1), 0)
		                                     : FSK_TIME_NONE);
		return 1;
	}
	n = luaL_checknumber(L, 1);
	if (!(n > -9.2e9 && n < 9.2e9)) /* beyond what nanoseconds in 64 bits hold */
		fsk_push_time(L, FSK_TIME_NONE);
	else /* a double has no more than microseconds to tell */
		fsk_push_time(L, fsk_time_from_unix((int64_t) floor(n),
		                                    (uint32_t) ((n - floor(n)) * 1e6) * 1000));
	return 1;
}

/// time.mac(n)
///
/// Seconds since 2001: Safari, property lists.
///
/// ```lua
/// assert(time.mac(701770530) == "2023-03-29T08:15:30Z")
/// ```
static int time_mac(lua_State *L)
{
	if (lua_isnoneornil(L, 1))
		lua_pushnil(L);
	else
		fsk_push_time(L, fsk_time_from_mac_absolute(luaL_checknumber(L, 1)));
	return 1;
}

/// time.ns(iso)
///
/// The way back: nanoseconds since 1970, for comparing and counting. Nil for what is no ISO
/// time.
///
/// ```lua
/// assert(time.ns("2023-03-29T08:15:31Z") - time.ns("2023-03-29T08:15:30.5Z") == 500000000)
/// ```
static int time_ns(lua_State *L)
{
	fsk_time t = fsk_time_parse_iso(luaL_optstring(L, 1, ""));

	if (t == FSK_TIME_NONE)
		lua_pushnil(L);
	else
		lua_pushinteger(L, t);
	return 1;
}

static const luaL_Reg time_functions[] = {
	{ "webkit", time_webkit },
	{ "prtime", time_prtime },
	{ "filetime", time_filetime },
	{ "unix", time_unix },
	{ "mac", time_mac },
	{ "ns", time_ns },
	{ NULL, NULL },
};

/* --- bytes --- */

/// # bytes
///
/// Binary data in strings. Positions count from 1, as everywhere in Lua.
/* Little or big endian number of `n` bytes; nil when the string ends before. */
static int read_number(lua_State *L, size_t n, bool big)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer pos = luaL_optinteger(L, 2, 1);
	uint64_t v = 0;

	luaL_argcheck(L, pos >= 1, 2, "positions count from 1");
	if (len < n || (uint64_t) pos - 1 > len - n) {
		lua_pushnil(L);
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char) s[(size_t) pos - 1 + (big ? i : n - 1 - i)];
	lua_pushinteger(L, (lua_Integer) v);
	return 1;
}

/// bytes.u8(s[, pos])
static int bytes_u8(lua_State *L)
{
	return read_number(L, 1, false);
}
/// bytes.u16le(s[, pos])
static int bytes_u16le(lua_State *L)
{
	return read_number(L, 2, false);
}
/// bytes.u32le(s[, pos])
static int bytes_u32le(lua_State *L)
{
	return read_number(L, 4, false);
}
/// bytes.u64le(s[, pos])
static int bytes_u64le(lua_State *L)
{
	return read_number(L, 8, false);
}
/// bytes.u16be(s[, pos])
static int bytes_u16be(lua_State *L)
{
	return read_number(L, 2, true);
}
/// bytes.u32be(s[, pos])
static int bytes_u32be(lua_State *L)
{
	return read_number(L, 4, true);
}
/// bytes.u64be(s[, pos])
///
/// Unsigned numbers of 8 to 64 bits, little (`le`) or big (`be`) endian; the largest of 64
/// bits come out negative, as Lua's integers are signed. Nil when the string ends before.
///
/// ```lua
/// local s = "\x01\x02\x03\x04"
/// assert(bytes.u16le(s) == 0x0201 and bytes.u32be(s) == 0x01020304)
/// assert(bytes.u8(s, 4) == 4 and bytes.u32le(s, 2) == nil)
/// ```
static int bytes_u64be(lua_State *L)
{
	return read_number(L, 8, true);
}

/// bytes.hex(s)
static int bytes_hex(lua_State *L)
{
	size_t len;
	const unsigned char *s = (const unsigned char *) luaL_checklstring(L, 1, &len);
	luaL_Buffer b;
	char *to = luaL_buffinitsize(L, &b, 2 * len);

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = "0123456789abcdef"[s[i] >> 4];
		to[2 * i + 1] = "0123456789abcdef"[s[i] & 15];
	}
	luaL_pushresultsize(&b, 2 * len);
	return 1;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = strchr(digits, c);

	return c == '\0' || at == NULL ? -1 : (int) (at - digits) % 16;
}

/// bytes.unhex(s)
///
/// To and from hexadecimal digits, lower case out, both cases in. `nil, message` when `s` is
/// not hexadecimal.
///
/// ```lua
/// assert(bytes.hex("MZ") == "4d5a" and bytes.unhex("4D5a") == "MZ")
/// assert(not bytes.unhex("4g"))
/// ```
static int bytes_unhex(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	luaL_Buffer b;
	char *to = luaL_buffinitsize(L, &b, len / 2 + 1);

	for (size_t i = 0; i < len; i += 2) {
		if (i + 1 >= len || digit(s[i]) < 0 || digit(s[i + 1]) < 0) {
			lua_pushnil(L);
			lua_pushliteral(L, "not hexadecimal");
			return 2;
		}
		to[i / 2] = (char) (digit(s[i]) << 4 | digit(s[i + 1]));
	}
	luaL_pushresultsize(&b, len / 2);
	return 1;
}

/* Runs a conversion of base/text.h whose result is bounded by 4 bytes for
 * each of the source, into memory that Lua owns. */
static int push_converted(lua_State *L, bool utf16)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	struct fsk_buf b = { 0 };
	struct fsk_err err;
	int rc;

	b.max = 4 * len + 8;
	b.cap = b.max;
	b.data = lua_newuserdatauv(L, b.cap, 0);
	rc = utf16 ? fsk_text_append_utf16le(&b, s, len, true, &err)
	           : fsk_text_append_utf8(&b, s, len, &err);
	if (rc < 0)
		return luaL_error(L, "%s", err.msg);
	lua_pushlstring(L, (const char *) b.data, b.len);
	return 1;
}

/// bytes.sha256(s)
///
/// SHA-256 of the bytes in lower-case hex, where a digest that evidence tells is not of a whole
/// file.
///
/// ```lua
/// assert(bytes.sha256("abc"):sub(1, 16) == "ba7816bf8f01cfea")
/// ```
static int bytes_sha256(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	struct fsk_digests digests;
	struct fsk_err err;

	fsk_sandbox_charge(L, len);
	if (fsk_digest_bytes(&digests, FSK_DIGEST_SHA256, s, len, &err) < 0)
		return luaL_error(L, "%s", err.msg);
	lua_pushstring(L, digests.sha256);
	return 1;
}

/// bytes.rc4(key, s)
///
/// RC4: encrypts, and decrypts. The key has 1 to 256 bytes.
///
/// ```lua
/// assert(bytes.hex(bytes.rc4("Key", "Plaintext")) == "bbf316e8d940af0ad3")
/// assert(bytes.rc4("Key", bytes.rc4("Key", "Plaintext")) == "Plaintext")
/// ```
static int bytes_rc4(lua_State *L)
{
	size_t nkey, n;
	const char *key = luaL_checklstring(L, 1, &nkey), *s = luaL_checklstring(L, 2, &n);
	luaL_Buffer b;
	char *to;

	luaL_argcheck(L, nkey >= 1 && nkey <= FSK_RC4_KEY_MAX, 1, "a key has 1 to 256 bytes");
	fsk_sandbox_charge(L, n);
	to = luaL_buffinitsize(L, &b, n);
	fsk_crypt_rc4((uint8_t *) to, (const uint8_t *) s, n, (const uint8_t *) key, nkey);
	luaL_pushresultsize(&b, n);
	return 1;
}

/// bytes.aes_gcm(key, nonce, s, tag)
///
/// Decrypts what AES-GCM sealed, without additional data. The key has 16, 24 or 32 bytes, the tag
/// 16. `nil, message, code` when the tag does not fit (`"corrupt"`): it is another key, or the
/// bytes were altered.
///
/// ```lua
/// local key, nonce = ("\0"):rep(16), ("\0"):rep(12) -- test case 2 of the specification
/// local sealed = bytes.unhex("0388dace60b6a392f328c2b971b2fe78")
/// local tag = bytes.unhex("ab6e47d42cec13bdf53a67b21257bddf")
/// assert(bytes.aes_gcm(key, nonce, sealed, tag) == ("\0"):rep(16))
/// assert(select(3, bytes.aes_gcm(key, nonce, "altered", tag)) == "corrupt")
/// ```
static int bytes_aes_gcm(lua_State *L)
{
	struct fsk_gcm with;
	struct fsk_err err = { 0 };
	size_t n, ntag;
	const uint8_t *s;
	uint8_t *out;

	with.key = (const uint8_t *) luaL_checklstring(L, 1, &with.nkey);
	with.nonce = (const uint8_t *) luaL_checklstring(L, 2, &with.nnonce);
	s = (const uint8_t *) luaL_checklstring(L, 3, &n);
	with.tag = (const uint8_t *) luaL_checklstring(L, 4, &ntag);
	luaL_argcheck(L, ntag == FSK_GCM_TAG, 4, "a tag has 16 bytes");
	fsk_sandbox_charge(L, n);
	out = lua_newuserdatauv(L, n + 16, 0); /* and a block that is held back */
	if (fsk_crypt_gcm(out, &with, s, n, &err) < 0)
		return fsk_push_failure(L, &err);
	lua_pushlstring(L, (const char *) out, n);
	return 1;
}

/// bytes.utf16(s)
///
/// UTF-16LE up to the first NUL as UTF-8. Lone surrogates come out as `\uNNNN`.
///
/// ```lua
/// assert(bytes.utf16("h\0\xe4\0\0\0x\0") == "hä")
/// ```
static int bytes_utf16(lua_State *L)
{
	return push_converted(L, true);
}
/// bytes.utf8(s)
///
/// The same text with each byte that is no UTF-8 written as `\xNN`. Records do this by
/// themselves.
///
/// ```lua
/// assert(bytes.utf8("a\xff") == "a\\xff")
/// ```
static int bytes_utf8(lua_State *L)
{
	return push_converted(L, false);
}

static const luaL_Reg bytes_functions[] = {
	{ "u8", bytes_u8 },       { "u16le", bytes_u16le },     { "u32le", bytes_u32le },
	{ "u64le", bytes_u64le }, { "u16be", bytes_u16be },     { "u32be", bytes_u32be },
	{ "u64be", bytes_u64be }, { "hex", bytes_hex },         { "unhex", bytes_unhex },
	{ "utf16", bytes_utf16 }, { "utf8", bytes_utf8 },       { "sha256", bytes_sha256 },
	{ "rc4", bytes_rc4 },     { "aes_gcm", bytes_aes_gcm }, { NULL, NULL },
};

/* --- require, data --- */

/// # Texts that travel with plugins
static const struct fsk_text *find(lua_State *L, enum fsk_engine_text kind, const char *what)
{
	const char *name = luaL_checkstring(L, 1);
	const struct fsk_text *t = fsk_engine_text(fsk_sandbox_of(L)->engine, kind, name);

	if (t == NULL)
		luaL_error(L, "there is no %s '%s'", what, name);
	return t;
}

/// require(name)
///
/// What `lua-scripts/lib/<name>.lua` returns; it runs once for each plugin. Raises when there
/// is none, or it has a mistake.
///
/// ```lua
/// local greet = require("greet")
/// assert(greet.hello("ann") == "hello, ann")
/// ```
static int require(lua_State *L)
{
	const struct fsk_text *t = find(L, FSK_TEXT_LIB, "library");

	lua_settop(L, 1);
	if (lua_getfield(L, lua_upvalueindex(1), t->name) != LUA_TNIL) {
		if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
			return luaL_error(L, "library '%s' requires itself, or failed before",
			                  t->name);
		return 1;
	}
	lua_pushboolean(L, false);
	lua_setfield(L, lua_upvalueindex(1), t->name);
	lua_pushfstring(L, "=lib/%s.lua", t->name);
	fsk_sandbox_load(L, t->text, t->len, lua_tostring(L, -1));
	lua_call(L, 0, 1);
	if (lua_isnil(L, -1))
		return luaL_error(L, "library '%s' returns nothing", t->name);
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(1), t->name);
	return 1;
}

/// data(name)
///
/// Content of `lua-scripts/intel/<name>` as a string: lists of hashes, domains, paths. Raises
/// when there is none.
///
/// ```lua
/// for domain in data("domains.txt"):gmatch("%S+") do
///     assert(domain == "example.org")
/// end
/// ```
/* Strings of this size are not shared by Lua: the text is kept after its
 * first use, so that a plugin may ask for it on every call. */
static int data(lua_State *L)
{
	const struct fsk_text *t = find(L, FSK_TEXT_DATA, "data file");

	if (lua_getfield(L, lua_upvalueindex(1), t->name) == LUA_TSTRING)
		return 1;
	lua_pushlstring(L, t->text, t->len);
	lua_pushvalue(L, -1);
	lua_setfield(L, lua_upvalueindex(1), t->name);
	return 1;
}

static void set_cached(lua_State *L, const char *name, lua_CFunction fn)
{
	lua_newtable(L);
	lua_pushcclosure(L, fn, 1);
	lua_setfield(L, -2, name);
}

static void set_library(lua_State *L, const char *name, const luaL_Reg *functions)
{
	lua_newtable(L);
	luaL_setfuncs(L, functions, 0);
	fsk_sandbox_freeze(L, name);
	lua_setfield(L, -2, name);
}

void fsk_helpers_open(lua_State *L)
{
	fsk_lua_list_open(L);
	set_library(L, "time", time_functions);
	set_library(L, "bytes", bytes_functions);
	set_cached(L, "require", require);
	set_cached(L, "data", data);
	lua_pushcfunction(L, fsk_lua_list);
	lua_setfield(L, -2, "list");
	lua_pushcfunction(L, fsk_lua_given);
	lua_setfield(L, -2, "given");
}
