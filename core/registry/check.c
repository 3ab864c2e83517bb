#include "core/registry/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/text.h"

#define SHOWN_PATH 200  /* bytes of a key's path in a sentence */
#define VALUES_SHOWN 16 /* damaged values of one key with a sentence each */

struct walk {
	struct fsk_check *out;
	struct fsk_cells *cells;
	uint8_t *starts;     /* one bit for 8 bytes: a cell of its bin's chain begins there */
	struct fsk_buf path; /* of the key in hand, '\' separated */
	uint8_t *claimed;    /* the same: a list, value or data that something has */
	uint64_t bytes;      /* that may still be read of cells that are not one's own */
	uint32_t told[32];   /* security descriptors that cannot be read */
	size_t ntold;
};

int fsk_check_note(struct fsk_check *k, uint64_t offset, struct fsk_err *err, const char *fmt, ...)
{
	char text[FSK_ERR_MSG_MAX], whole[FSK_ERR_MSG_MAX + 32];
	va_list ap;

	if (k->damaged >= FSK_HIVE_DAMAGE_MAX) {
		k->damaged++;
		return 0;
	}
	if (k->damage == NULL)
		k->damage = calloc(FSK_HIVE_DAMAGE_MAX, sizeof(*k->damage));
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s (offset %" PRIu64 ")", text, offset);
	if (k->damage != NULL)
		k->damage[k->damaged] = strdup(whole);
	if (k->damage == NULL || k->damage[k->damaged] == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for a note on a hive");
	k->damaged++;
	return 0;
}

void fsk_check_free(struct fsk_check *k)
{
	for (size_t i = 0; k->damage != NULL && i < FSK_HIVE_DAMAGE_MAX; i++)
		free(k->damage[i]);
	free(k->damage);
	memset(k, 0, sizeof(*k));
}

static uint64_t in_file(size_t off)
{
	return FSK_HIVE_HEADER + (uint64_t) off;
}

static bool is_start(const struct walk *w, uint32_t off)
{
	return off % 8 == 0 && off < w->cells->size &&
	       (w->starts[off / 64] & (1u << (off / 8 % 8))) != 0;
}

/* true when the cell is one of a chain, so that it shares no byte with others, and nothing
 * had it before. */
static bool claim(struct walk *w, uint32_t off)
{
	uint8_t bit = (uint8_t) (1u << (off / 8 % 8));
	bool first;

	if (!is_start(w, off))
		return false;
	first = (w->claimed[off / 64] & bit) == 0;
	w->claimed[off / 64] |= bit;
	return first;
}

static bool afford(struct walk *w, uint64_t bytes)
{
	if (bytes > w->bytes)
		return false;
	w->bytes -= bytes;
	return true;
}

/* Follows the chain of cells in the bin at [at, end). Returns where it broke,
 * or `end`. */
static size_t chain(struct walk *w, size_t at, size_t end)
{
	struct fsk_cur cell;
	unsigned cells = 0;

	while (at < end) {
		if (!fsk_cells_get(&cell, w->cells, (uint32_t) at) || cell.len + 4 > end - at ||
		    (cell.len + 4) % 8 != 0)
			break;
		w->starts[at / 64] |= (uint8_t) (1u << (at / 8 % 8));
		at += cell.len + 4;
		if (++cells > FSK_HIVE_BIN_CELLS_MAX)
			w->out->libregf = false;
	}
	return at;
}

/* Bins without gaps, each full of cells: what libregf needs. */
static int check_bins(struct walk *w, struct fsk_err *err)
{
	size_t at = 0, start, broke;
	int rc = 0;

	while (at < w->cells->size && rc == 0) {
		uint32_t size = fsk_cells_bin(w->cells, at);

		if (size > 0) {
			broke = chain(w, at + FSK_BIN_HEADER, at + size);
			if (broke != at + size) {
				w->out->libregf = false;
				rc = fsk_check_note(w->out, in_file(broke), err,
				                    "the cells of the bin at 0x%zx end at 0x%zx",
				                    at, broke);
			}
			at += size;
			continue;
		}
		start = at;
		while (at < w->cells->size && fsk_cells_bin(w->cells, at) == 0)
			at += FSK_BIN_ALIGN;
		w->out->libregf = false;
		rc = fsk_check_note(w->out, in_file(start), err, "no bin from 0x%zx to 0x%zx",
		                    start, at);
	}
	return rc;
}

static bool regf_latin1(const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (name[i] == 0 || (name[i] >= 0x80 && name[i] < 0xa0))
			return false;
	return true;
}

static bool regf_utf16(const uint8_t *name, size_t len)
{
	bool high = false;

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint8_t top = name[i + 1] & 0xfc;

		if (high != (top == 0xdc) || (name[i] == 0 && name[i + 1] == 0))
			return false;
		high = top == 0xd8;
	}
	return !high && len % 2 == 0;
}

/* Names that libregf turns into the same UTF-8 as we do: it refuses lone
 * surrogates, ends a name at a NUL, and takes one-byte names for Windows-1252,
 * where they are the low bytes of UTF-16. */
static bool regf_name(const uint8_t *name, size_t len, bool latin1)
{
	return latin1 ? regf_latin1(name, len) : regf_utf16(name, len);
}

static bool regf_key_name(const struct fsk_nk *nk)
{
	return nk->name_len > 0 && regf_name(nk->name, nk->name_len, nk->latin1);
}

static bool regf_class(const struct walk *w, const struct fsk_nk *nk)
{
	struct fsk_cur cur;

	if (nk->klass == FSK_CELL_NONE || (nk->klass == 0 && nk->class_len == 0))
		return true;
	return is_start(w, nk->klass) && fsk_cells_get(&cur, w->cells, nk->klass) &&
	       nk->class_len > 0 && nk->class_len <= cur.len;
}

static bool regf_security(const struct walk *w, const struct fsk_nk *nk)
{
	struct fsk_cur cur;
	uint32_t size;

	if (nk->security == FSK_CELL_NONE)
		return true;
	if (!is_start(w, nk->security) || !fsk_cells_get(&cur, w->cells, nk->security) ||
	    fsk_cur_u16le(&cur) != 0x6b73)
		return false;
	fsk_cur_skip(&cur, 14);
	size = fsk_cur_u32le(&cur);
	return !cur.failed && size > 0 && size <= fsk_cur_left(&cur);
}

/* Whether the list of subkeys and the lists below it are cells of a chain. */
static bool regf_lists(const struct walk *w, const struct fsk_nk *nk)
{
	struct fsk_cur cur;
	uint16_t count;

	if (nk->nsubkeys == 0)
		return true;
	if (!is_start(w, nk->subkeys) || !fsk_cells_get(&cur, w->cells, nk->subkeys))
		return false;
	if (fsk_cur_u16le(&cur) != 0x6972)
		return true;
	count = fsk_cur_u16le(&cur);
	for (uint16_t i = 0; i < count; i++)
		if (!is_start(w, fsk_cur_u32le(&cur)))
			return false;
	return !cur.failed;
}

static const char *shown(const struct walk *w, char out[SHOWN_PATH])
{
	return fsk_text_escape(out, SHOWN_PATH, w->path.len > 0 ? (const char *) w->path.data : "");
}

static int note_key(struct walk *w, const struct fsk_nk *nk, const char *what, struct fsk_err *err)
{
	char path[SHOWN_PATH];

	w->out->libregf = false;
	return fsk_check_note(w->out, in_file(nk->off), err, "key \"%s\": %s", shown(w, path),
	                      what);
}

static const char lone_surrogate[] = "its name has a surrogate without its other half";

/* Reads the value at `off` as a reader would. false when there is something to say of it: `why`;
 * vk->name is NULL when it is no value at all. */
static bool is_sound(struct fsk_vk *vk, struct walk *w, uint32_t off, struct fsk_err *why)
{
	if (fsk_cells_vk(vk, w->cells, off, why) < 0) {
		vk->name = NULL;
		return false;
	}
	/* segments of large data may be those of other values, too */
	if (!vk->in_place && vk->size > 0 && (!claim(w, vk->data) || vk->size > FSK_BIG_SEGMENT) &&
	    !afford(w, vk->size))
		fsk_cells_refuse(w->cells, off, FSK_REFUSED_DATA);
	if (fsk_cells_data(NULL, w->cells, vk, why) < 0)
		return false;
	w->out->values++;
	if (regf_name(vk->name, vk->name_len, vk->latin1))
		return true;
	w->out->libregf = false;
	fsk_err_set(why, FSK_ECORRUPT, "%s", lone_surrogate);
	return !fsk_cells_lone(vk->name, vk->name_len, vk->latin1);
}

static int note_value(struct walk *w, const struct fsk_nk *nk, const struct fsk_vk *vk, size_t i,
                      const char *why, struct fsk_err *err)
{
	char path[SHOWN_PATH], shown_name[80];
	char *name;
	int rc;

	if (vk->name == NULL)
		return fsk_check_note(w->out, in_file(nk->off), err, "key \"%s\": value %zu: %s",
		                      shown(w, path), i + 1, why);
	name = fsk_cells_text(vk->name, vk->name_len, vk->latin1);
	if (name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a value");
	rc = fsk_check_note(w->out, in_file(vk->off), err, "key \"%s\": value \"%s\": %s",
	                    shown(w, path), fsk_text_escape(shown_name, sizeof(shown_name), name),
	                    why);
	free(name);
	return rc;
}

/* Some of the bad ones by name: a list that is none leaves room for what else is damaged. */
static int check_each_value(struct walk *w, const struct fsk_nk *nk, const struct fsk_list *list,
                            struct fsk_err *err)
{
	struct fsk_err why;
	struct fsk_vk vk;
	size_t bad = 0;
	char what[80];
	int rc = 0;

	for (size_t i = 0; i < list->count && rc == 0; i++)
		if (!is_sound(&vk, w, list->at[i], &why) && ++bad <= VALUES_SHOWN)
			rc = note_value(w, nk, &vk, i, why.msg, err);
	if (rc < 0 || bad <= VALUES_SHOWN)
		return rc;
	snprintf(what, sizeof(what), "%zu more of its values are damaged", bad - VALUES_SHOWN);
	return note_key(w, nk, what, err);
}

/* Bytes that reading those of the values costs that are not of this key alone. */
static uint64_t again(struct walk *w, const struct fsk_list *list)
{
	uint64_t cost = 0;
	struct fsk_vk vk;

	for (size_t i = 0; i < list->count; i++)
		if (!claim(w, list->at[i]))
			cost += 4 +
			        (fsk_cells_vk(&vk, w->cells, list->at[i], NULL) < 0 || vk.in_place
			             ? 0
			             : (uint64_t) vk.size);
	return cost;
}

/* The values of the key, unless they are those of others, too, and were read often enough. */
static int own_values(struct fsk_list *list, struct walk *w, const struct fsk_nk *nk,
                      struct fsk_err *err)
{
	uint64_t cost = nk->nvalues == 0 || claim(w, nk->values) ? 0 : 4 * (uint64_t) nk->nvalues;
	int rc = fsk_cells_values(list, w->cells, nk, err);

	if (rc < 0 || afford(w, cost + again(w, list)))
		return rc;
	fsk_list_free(list);
	fsk_cells_refuse(w->cells, nk->off, FSK_REFUSED_VALUES);
	return fsk_cells_values(list, w->cells, nk, err);
}

static int check_values(struct walk *w, const struct fsk_nk *nk, struct fsk_err *err)
{
	struct fsk_err why;
	struct fsk_list list;
	int rc = own_values(&list, w, nk, &why);

	if (rc == FSK_ENOMEM)
		return fsk_err_set(err, rc, "%s", why.msg);
	if (rc < 0)
		return note_key(w, nk, why.msg, err);
	rc = check_each_value(w, nk, &list, err);
	fsk_list_free(&list);
	return rc;
}

/* Appends the key's name to the path; the caller cuts it off again. */
static int enter(struct walk *w, const struct fsk_nk *nk, struct fsk_err *err)
{
	char *name = fsk_cells_text(nk->name, nk->name_len, nk->latin1);
	int rc = 0;

	if (name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for the name of a key");
	if (w->path.len > 0)
		rc = fsk_buf_append_u8(&w->path, '\\', err);
	if (rc == 0)
		rc = fsk_buf_append_str(&w->path, name, err);
	if (rc == 0)
		rc = fsk_buf_append_u8(&w->path, '\0', err);
	if (rc == 0)
		w->path.len--; /* the NUL is there, and not counted */
	free(name);
	return rc;
}

static void leave(struct walk *w, size_t len)
{
	if (w->path.data == NULL)
		return;
	w->path.len = len;
	w->path.data[len] = '\0';
}

static int check_key(struct walk *w, const struct fsk_nk *nk, unsigned depth, struct fsk_err *err);

static int check_subkey(struct walk *w, uint32_t off, unsigned depth, struct fsk_err *err)
{
	size_t len = w->path.len;
	struct fsk_nk sub;
	int rc;

	rc = fsk_cells_nk(&sub, w->cells, off, err);
	if (rc < 0)
		return rc;
	rc = enter(w, &sub, err);
	if (rc == 0)
		rc = check_key(w, &sub, depth + 1, err);
	else if (rc == FSK_ELIMIT)
		rc = note_key(w, &sub, "its path is longer than a registry allows", err);
	leave(w, len);
	return rc;
}

/* Bytes of the list at `off` when it is not of this key alone. */
static uint64_t list_again(struct walk *w, uint32_t off)
{
	struct fsk_cur cur;

	return claim(w, off) || !fsk_cells_get(&cur, w->cells, off) ? 0 : cur.len;
}

static void claim_lists(struct walk *w, const struct fsk_nk *nk)
{
	struct fsk_cur cur;
	uint64_t cost;
	uint16_t count;

	if (nk->nsubkeys == 0)
		return;
	cost = list_again(w, nk->subkeys);
	if (fsk_cells_get(&cur, w->cells, nk->subkeys) && fsk_cur_u16le(&cur) == 0x6972) {
		count = fsk_cur_u16le(&cur);
		for (uint16_t i = 0; i < count && !cur.failed; i++)
			cost += list_again(w, fsk_cur_u32le(&cur));
	}
	if (!afford(w, cost))
		fsk_cells_refuse(w->cells, nk->off, FSK_REFUSED_SUBKEYS);
}

static int check_subkeys(struct walk *w, const struct fsk_nk *nk, unsigned depth,
                         struct fsk_err *err)
{
	struct fsk_list list;
	char what[160];
	int rc;

	claim_lists(w, nk);
	rc = fsk_cells_subkeys(&list, w->cells, nk, err);
	if (rc == 0 && list.dropped > 0) {
		snprintf(what, sizeof(what), "%zu of its subkeys cannot be read: %s", list.dropped,
		         list.reason);
		rc = note_key(w, nk, what, err);
	} else if (rc == 0 && list.count != nk->nsubkeys) {
		snprintf(what, sizeof(what), "says it has %u subkeys and lists %zu", nk->nsubkeys,
		         list.count);
		rc = note_key(w, nk, what, err);
	}
	for (size_t i = 0; i < list.count && rc == 0; i++)
		rc = check_subkey(w, list.at[i], depth, err);
	fsk_list_free(&list);
	return rc;
}

/* Was it told of this security descriptor? Many keys have the same one. */
static bool told(struct walk *w, uint32_t off)
{
	for (size_t i = 0; i < w->ntold; i++)
		if (w->told[i] == off)
			return true;
	if (w->ntold < sizeof(w->told) / sizeof(w->told[0]))
		w->told[w->ntold++] = off;
	return false;
}

/* Name, class and security descriptor. */
static int check_facts(struct walk *w, const struct fsk_nk *nk, struct fsk_err *err)
{
	char what[80];
	int rc = 0;

	if (!nk->latin1 && fsk_cells_lone(nk->name, nk->name_len, nk->latin1))
		rc = note_key(w, nk, lone_surrogate, err);
	if (rc == 0 && !regf_class(w, nk)) {
		snprintf(what, sizeof(what), "its class at 0x%x cannot be read", nk->klass);
		rc = note_key(w, nk, what, err);
	}
	if (rc == 0 && !regf_security(w, nk) && !told(w, nk->security)) {
		snprintf(what, sizeof(what), "no security descriptor at 0x%x", nk->security);
		rc = note_key(w, nk, what, err);
	}
	return rc;
}

static int check_key(struct walk *w, const struct fsk_nk *nk, unsigned depth, struct fsk_err *err)
{
	int rc;

	if (depth > FSK_HIVE_DEPTH_MAX)
		return note_key(w, nk, "is nested deeper than a registry allows", err);
	w->out->keys++;
	if (!is_start(w, nk->off) || !regf_key_name(nk) || !regf_lists(w, nk) ||
	    (nk->nvalues > 0 && !is_start(w, nk->values)))
		w->out->libregf = false;
	rc = check_facts(w, nk, err);
	if (rc == 0)
		rc = check_values(w, nk, err);
	return rc < 0 ? rc : check_subkeys(w, nk, depth, err);
}

int fsk_check_run(struct fsk_check *out, struct fsk_cells *c, uint32_t root, struct fsk_err *err)
{
	struct walk w = { .out = out, .cells = c, .bytes = c->size };
	struct fsk_nk nk;
	int rc;

	out->libregf = out->damaged == 0;
	fsk_buf_init(&w.path, FSK_HIVE_PATH_MAX);
	w.starts = calloc(c->size / 64 + 1, 1);
	w.claimed = calloc(c->size / 64 + 1, 1);
	if (w.starts == NULL || w.claimed == NULL) {
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory for the map of a hive");
		goto out;
	}
	rc = fsk_cells_nk(&nk, c, root, err);
	if (rc < 0) {
		fsk_err_wrap(err, "no root key");
		goto out;
	}
	rc = check_bins(&w, err);
	if (rc == 0)
		rc = check_key(&w, &nk, 0, err);
out:
	fsk_buf_free(&w.path);
	free(w.starts);
	free(w.claimed);
	return rc;
}
