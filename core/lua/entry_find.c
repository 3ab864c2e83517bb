/* Bytes that are looked for in an entry of any size. */
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

struct needle {
	const uint8_t *bytes; /* they belong to the table of the caller */
	size_t len;
	size_t next;        /* where it stands in the piece in hand, or where that ends */
	uint16_t skip[256]; /* how far to go on when the byte at its end is that one */
};

struct hit {
	uint64_t offset;
	size_t needle;
};

struct search {
	struct needle needles[FSK_FIND_NEEDLES_MAX];
	size_t count, longest;
	struct hit *hits;
	size_t nhits, max;
	bool more;
};

/* After Horspool, "Practical fast searching in strings", 1980. */
static void fill_skips(struct needle *x)
{
	for (size_t i = 0; i < 256; i++)
		x->skip[i] = (uint16_t) x->len;
	for (size_t i = 0; i + 1 < x->len; i++)
		x->skip[x->bytes[i]] = (uint16_t) (x->len - 1 - i);
}

/* The first place at or behind `at` of the `n` bytes; `n` when there is none. */
static size_t find(const struct needle *x, const uint8_t *p, size_t n, size_t at)
{
	uint8_t last = x->bytes[x->len - 1];

	while (at + x->len <= n) {
		uint8_t c = p[at + x->len - 1];

		if (c == last && memcmp(p + at, x->bytes, x->len - 1) == 0)
			return at;
		at += x->skip[c];
	}
	return n;
}

static void read_needles(lua_State *L, struct search *s)
{
	luaL_checktype(L, 2, LUA_TTABLE);
	s->count = (size_t) lua_rawlen(L, 2);
	luaL_argcheck(L, s->count > 0 && s->count <= FSK_FIND_NEEDLES_MAX, 2,
	              "expected a list of 1 to 64 strings");
	for (size_t i = 0; i < s->count; i++) {
		struct needle *n = &s->needles[i];

		lua_rawgeti(L, 2, (lua_Integer) i + 1);
		luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2, "expected strings in the list");
		n->bytes = (const uint8_t *) lua_tolstring(L, -1, &n->len);
		luaL_argcheck(L, n->len >= FSK_FIND_LEN_MIN && n->len <= FSK_FIND_LEN_MAX, 2,
		              "strings must have 4 to 256 bytes");
		s->longest = n->len > s->longest ? n->len : s->longest;
		fill_skips(n);
		lua_pop(L, 1);
	}
}

static lua_Integer option(lua_State *L, const char *name, lua_Integer value)
{
	if (!lua_istable(L, 3))
		return value;
	lua_getfield(L, 3, name);
	if (!lua_isnil(L, -1))
		value = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	luaL_argcheck(L, value >= 0, 3, "numbers must not be negative");
	return value;
}

static size_t first_of(const struct search *s)
{
	size_t first = 0;

	for (size_t i = 1; i < s->count; i++)
		if (s->needles[i].next < s->needles[first].next)
			first = i;
	return first;
}

/* What begins in the first `fresh` bytes of `n` that lie at `base`, in their order. */
static void search_piece(struct search *s, const uint8_t *p, size_t n, size_t fresh, uint64_t base)
{
	for (size_t i = 0; i < s->count; i++)
		s->needles[i].next = find(&s->needles[i], p, n, 0);
	for (;;) {
		size_t i = first_of(s), at = s->needles[i].next;

		if (at >= fresh || at >= n)
			return;
		if (s->nhits == s->max) {
			s->more = true;
			return;
		}
		s->hits[s->nhits++] = (struct hit){ .offset = base + at, .needle = i };
		s->needles[i].next = find(&s->needles[i], p, n, at + 1);
	}
}

/* Reads [from, to) piece by piece into `room`, which has space for a piece and the end of the one
 * before. What begins in a hole is nothing. */
static int search_stream(struct search *s, struct fsk_stream *st, uint8_t *room, uint64_t from,
                         uint64_t to, struct fsk_err *err)
{
	size_t kept = 0;

	while (from < to && !s->more) {
		size_t want = to - from < FSK_FILE_PIECE ? (size_t) (to - from) : FSK_FILE_PIECE;
		bool hole = false;
		int64_t n = fsk_stream_read(st, room + kept, want, from, &hole, err);
		size_t all, fresh;

		if (n <= 0)
			return (int) n;
		all = kept + (size_t) n;
		/* what begins in the last bytes may go on in the next piece */
		fresh = from + (uint64_t) n < to && all >= s->longest ? all - s->longest + 1 : all;
		if (hole && kept + s->longest < all)
			search_piece(s, room, kept + s->longest, kept, from - kept);
		else
			search_piece(s, room, all, fresh, from - kept);
		from += (uint64_t) n;
		kept = all - fresh;
		memmove(room, room + fresh, kept);
	}
	return 0;
}

static void push_hits(lua_State *L, const struct search *s)
{
	fsk_lua_push_list(L, (int) s->nhits);
	for (size_t i = 0; i < s->nhits; i++) {
		lua_createtable(L, 0, 2);
		lua_pushinteger(L, (lua_Integer) s->hits[i].offset);
		lua_setfield(L, -2, "offset");
		lua_pushinteger(L, (lua_Integer) s->hits[i].needle + 1);
		lua_setfield(L, -2, "needle");
		lua_rawseti(L, -2, (lua_Integer) i + 1);
	}
	lua_pushboolean(L, s->more);
}

/// e:find(needles[, options])
///
/// Where the strings of a list stand in the file, however large it is: a list of tables with
/// `offset` (from 0) and `needle` (number of the string in the list), in the order of the file,
/// and whether there were more than were told. 1 to 64 strings of 4 to 256 bytes, which are
/// bytes: upper and lower case differ, and UTF-16 is to be spelt out. What a sparse file does not
/// store is left out. `nil, message, code` when nothing can be read.
///
/// | option | meaning |
/// |---|---|
/// | `from`, `to` | the part of the file, in bytes; what ends behind `to` is not found |
/// | `max` | so many places at most: 10000, which is the default, or fewer |
///
/// ```lua
/// local hits, more = item:find({ "and more", " more" })
/// assert(#hits == 2 and not more and hits[1].needle == 1 and hits[2].offset == 6)
/// assert(item:read(hits[1].offset, 8) == "and more")
/// assert(#item:find({ "no such text" }) == 0)
/// ```
int fsk_entry_find(lua_State *L)
{
	struct fsk_object *o = fsk_object_check(L, 1, &fsk_bound_entry);
	struct search *s = lua_newuserdatauv(L, sizeof(*s), 0);
	lua_Integer from = option(L, "from", 0), to = option(L, "to", LUA_MAXINTEGER);
	struct fsk_stream *st;
	struct fsk_err err;
	uint8_t *room;

	memset(s, 0, sizeof(*s));
	read_needles(L, s);
	s->max = (size_t) option(L, "max", FSK_FIND_HITS_MAX);
	luaL_argcheck(L, s->max <= FSK_FIND_HITS_MAX, 3, "'max' is over 10000");
	s->hits = lua_newuserdatauv(L, (s->max + 1) * sizeof(*s->hits), 0);
	room = lua_newuserdatauv(L, FSK_FILE_PIECE + FSK_FIND_LEN_MAX, 0);
	if (fsk_entry_stream(&st, o, fsk_bound_entry.entry(o), &err) < 0)
		return fsk_push_failure(L, &err);
	if ((uint64_t) to > fsk_stream_size(st))
		to = (lua_Integer) fsk_stream_size(st);
	if (search_stream(s, st, room, (uint64_t) from, (uint64_t) to, &err) < 0)
		return fsk_push_failure(L, &err);
	if (fsk_entry_note_damage(o, &err) < 0)
		return fsk_sandbox_stop(L, &err);
	push_hits(L, s);
	return 2;
}
