/* Bytes that are looked for in an entry of any size. */
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/internal.h"

struct needle {
	const uint8_t *bytes; /* they belong to the table of the caller */
	size_t len;
	uint8_t next; /* the next of the same block, or NONE */
};

struct hit {
	uint64_t offset;
	size_t needle;
};

#define BLOCKS 65536u
#define NONE 255u

/* All needles at once, after Wu and Manber, "A fast algorithm for multi-pattern searching", 1994:
 * of each the first `shortest` bytes count, in blocks of two. */
struct search {
	struct needle needles[FSK_FIND_NEEDLES_MAX];
	size_t count, longest, shortest;
	struct hit *hits;
	size_t nhits, max;
	bool more;
	uint8_t shift[BLOCKS]; /* how far to go on when the last block is that one */
	uint8_t first[BLOCKS]; /* where that is 0: the first needle that it may be */
};

static size_t block(const uint8_t *p)
{
	return (size_t) p[0] << 8 | p[1];
}

static void compile(struct search *s)
{
	size_t end = s->shortest - 2;

	memset(s->first, NONE, sizeof(s->first));
	for (size_t i = 0; i < BLOCKS; i++)
		s->shift[i] = (uint8_t) (s->shortest - 1);
	for (size_t i = s->count; i-- > 0;) {
		struct needle *x = &s->needles[i];

		for (size_t k = 0; k <= end; k++)
			if (end - k < s->shift[block(x->bytes + k)])
				s->shift[block(x->bytes + k)] = (uint8_t) (end - k);
		x->next = s->first[block(x->bytes + end)];
		s->first[block(x->bytes + end)] = (uint8_t) i;
	}
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
		s->shortest = n->len < s->shortest || i == 0 ? n->len : s->shortest;
		lua_pop(L, 1);
	}
	compile(s);
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

/* Takes the needles that stand at `at`; false when there are too many. */
static bool take(struct search *s, const uint8_t *p, size_t n, size_t at, uint64_t base)
{
	for (size_t i = s->first[block(p + at + s->shortest - 2)]; i != NONE;
	     i = s->needles[i].next) {
		const struct needle *x = &s->needles[i];

		if (x->bytes[0] != p[at] || x->len > n - at ||
		    memcmp(p + at, x->bytes, x->len) != 0)
			continue;
		if (s->nhits == s->max)
			return false;
		s->hits[s->nhits++] = (struct hit){ .offset = base + at, .needle = i };
	}
	return true;
}

/* What begins in the first `fresh` bytes of `n` that lie at `base`, in their order. */
static void search_piece(struct search *s, const uint8_t *p, size_t n, size_t fresh, uint64_t base)
{
	size_t at = 0;

	while (at < fresh && s->shortest <= n - at && !s->more) {
		uint8_t shift = s->shift[block(p + at + s->shortest - 2)];

		if (shift == 0)
			s->more = !take(s, p, n, at, base);
		at += shift > 0 ? shift : 1;
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
