#include "core/keeper/hash_lines.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/model/types.h"

static void clear_from(struct fsk_hash_lines *l, size_t first)
{
	for (size_t i = first; i < l->count; i++) {
		free(l->items[i].text);
		free(l->items[i].warning);
	}
	l->count = first;
}

void fsk_hash_lines_free(struct fsk_hash_lines *l)
{
	clear_from(l, 0);
	free(l->items);
	memset(l, 0, sizeof(*l));
}

void fsk_hash_lines_mark(struct fsk_hash_lines *l)
{
	l->sure = l->count;
}

void fsk_hash_lines_rewind(struct fsk_hash_lines *l)
{
	clear_from(l, l->sure);
}

/* As md5sum and its kin write names: with these escaped, the line starts with
 * a backslash. */
static void put_name(struct fsk_buf *b, const char *prefix, const char *name)
{
	char part[2] = "", escaped[16];

	fsk_buf_append_str(b, prefix, NULL);
	for (; *name != '\0'; name++) {
		part[0] = *name;
		if (*name == '\\')
			fsk_buf_append_str(b, "\\\\", NULL);
		else if (*name == '\n')
			fsk_buf_append_str(b, "\\n", NULL);
		else if (*name == '\r')
			fsk_buf_append_str(b, "\\r", NULL);
		else if ((unsigned char) *name < 0x20 || *name == 0x7f)
			fsk_buf_append_str(b, fsk_text_escape(escaped, sizeof(escaped), part),
			                   NULL);
		else
			fsk_buf_append(b, name, 1, NULL);
	}
}

static void put_digests(struct fsk_buf *b, bool tagged, const char *prefix, const char *name,
                        const struct fsk_digests *d)
{
	const struct {
		const char *hex, *tag;
	} all[] = { { d->md5, "MD5" }, { d->sha1, "SHA1" }, { d->sha256, "SHA256" } };
	const char *mark = strpbrk(name, "\\\n\r") != NULL ? "\\" : "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].hex[0] == '\0')
			continue;
		if (tagged)
			fsk_buf_printf(b, NULL, "%s%s (", mark, all[i].tag);
		else
			fsk_buf_printf(b, NULL, "%s%s  ", mark, all[i].hex);
		put_name(b, prefix, name);
		if (tagged)
			fsk_buf_printf(b, NULL, ") = %s", all[i].hex);
		fsk_buf_append_str(b, "\n", NULL);
	}
}

/* What a message says of all its rows. */
struct account {
	struct fsk_hash_look look;
	const struct fsk_probed_volume *volume; /* NULL: nobody knows it */
	uint64_t source, number;
	enum fsk_status status;
	const char *reason;
	json_t *ranges; /* borrowed; or NULL */
};

static const char *prefix_of(const struct account *a, char out[32])
{
	return a->volume != NULL ? fsk_place_prefix(out, a->volume) : "?:/";
}

static json_t *digests_json(const struct fsk_digests *d)
{
	json_t *j = json_object();

	if (d->md5[0] != '\0')
		json_object_set_new(j, "md5", json_string(d->md5));
	if (d->sha1[0] != '\0')
		json_object_set_new(j, "sha1", json_string(d->sha1));
	if (d->sha256[0] != '\0')
		json_object_set_new(j, "sha256", json_string(d->sha256));
	return j;
}

static void put_json(struct fsk_buf *b, const struct account *a, const struct fsk_hash_row *row)
{
	json_t *o = json_pack("{s:o, s:I, s:s}", "locator", fsk_locator_to_json(&row->loc), "size",
	                      (json_int_t) row->size, "status", fsk_status_name(a->status));
	char *text;

	if (a->status == FSK_STATUS_COMPLETE)
		json_object_set_new(o, "digests", digests_json(&row->digests));
	if (a->ranges != NULL)
		json_object_set(o, "ranges", a->ranges);
	if (a->reason[0] != '\0')
		json_object_set_new(o, "reason", json_string(a->reason));
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	fsk_buf_append_str(b, text != NULL ? text : "", NULL);
	fsk_buf_append_str(b, "\n", NULL);
	free(text);
	json_decref(o);
}

static int name_of(struct fsk_buf *out, const struct fsk_locator *l, struct fsk_err *err)
{
	int rc = fsk_buf_append_str(out, l->path, err);

	if (rc == 0 && l->stream != NULL) {
		rc = fsk_buf_append_u8(out, ':', err);
		if (rc == 0)
			rc = fsk_buf_append_str(out, l->stream, err);
	}
	return rc == 0 ? fsk_buf_append_u8(out, 0, err) : rc;
}

static int compose(struct fsk_hash_line *line, const struct account *a,
                   const struct fsk_hash_row *row, struct fsk_err *err)
{
	struct fsk_buf b, name;
	char prefix[32];
	int rc;

	fsk_buf_init(&b, FSK_JSON_LINE_MAX);
	fsk_buf_init(&name, 2 * FSK_PATH_MAX + 2);
	rc = name_of(&name, &row->loc, err);
	if (rc == 0 && (a->look.json || a->status == FSK_STATUS_COMPLETE)) {
		if (a->look.json)
			put_json(&b, a, row);
		else
			put_digests(&b, a->look.tagged, prefix_of(a, prefix),
			            (const char *) name.data, &row->digests);
		line->text = fsk_buf_steal_str(&b, err);
		rc = line->text != NULL ? 0 : FSK_ENOMEM;
	}
	if (rc == 0 && a->status != FSK_STATUS_COMPLETE) {
		fsk_buf_reset(&b);
		rc = fsk_buf_printf(&b, err, "%s%.400s is %s, it has no digest%s%s",
		                    prefix_of(a, prefix), (const char *) name.data,
		                    fsk_status_name(a->status), a->reason[0] != '\0' ? ": " : "",
		                    a->reason);
		line->warning = rc == 0 ? fsk_buf_steal_str(&b, err) : NULL;
	}
	fsk_buf_free(&b);
	fsk_buf_free(&name);
	return rc;
}

static int keep(struct fsk_hash_lines *l, const struct account *a, const struct fsk_hash_row *row,
                struct fsk_err *err)
{
	struct fsk_hash_line line = { .order = row->order };
	int rc;

	if (l->count == l->cap) {
		size_t cap = l->cap < 1024 ? 1024 : l->cap * 2;
		struct fsk_hash_line *p = realloc(l->items, cap * sizeof(*p));

		if (p == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "out of memory");
		l->items = p;
		l->cap = cap;
	}
	rc = compose(&line, a, row, err);
	l->items[l->count++] = line; /* also what is there after a failure: it is freed */
	return rc;
}

static int read_account(struct account *a, const json_t *head, const struct fsk_probe *probe,
                        struct fsk_err *err)
{
	const char *word;
	int rc = fsk_json_get_str(&word, head, "status", err);

	if (rc < 0 || (rc = fsk_json_get_u64(&a->source, head, "source", err)) < 0 ||
	    (rc = fsk_json_get_u64(&a->number, head, "volume", err)) < 0 ||
	    (rc = fsk_json_opt_str(&a->reason, head, "reason", "", err)) < 0)
		return rc;
	if (fsk_status_parse(&a->status, word) < 0)
		return fsk_err_set(err, FSK_EPROTO, "\"%.40s\" is no status", word);
	if (a->source >= FSK_SOURCES_MAX || a->number >= FSK_VOLUMES_MAX)
		return fsk_err_set(err, FSK_EPROTO, "there is no volume %llu/%llu",
		                   (unsigned long long) a->source, (unsigned long long) a->number);
	a->volume = fsk_probe_find(probe, (uint32_t) a->source, (uint32_t) a->number);
	a->ranges = json_object_get(head, "ranges");
	return 0;
}

int fsk_hash_lines_take(struct fsk_hash_lines *l, const struct fsk_msg *m,
                        const struct fsk_probe *probe, struct fsk_hash_look look,
                        struct fsk_err *err)
{
	struct account a = { .look = look };
	struct fsk_hash_row row;
	struct fsk_cur c;
	int rc = read_account(&a, m->head, probe, err);

	if (rc < 0)
		return rc;
	fsk_cur_init(&c, m->blob, m->blob_len);
	while ((rc = fsk_hash_row_read(&row, &c, err)) > 0) {
		row.loc.source = (uint32_t) a.source;
		row.loc.volume = (uint32_t) a.number;
		rc = keep(l, &a, &row, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct fsk_hash_line *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

void fsk_hash_lines_print(struct fsk_hash_lines *l, FILE *to, uint64_t *incomplete)
{
	if (l->count > 0)
		qsort(l->items, l->count, sizeof(*l->items), compare);
	for (size_t i = 0; i < l->count; i++) {
		const struct fsk_hash_line *line = &l->items[i];

		if (line->text != NULL)
			fputs(line->text, to);
		if (line->warning == NULL)
			continue;
		fsk_log(FSK_LOG_WARN, "%s", line->warning);
		++*incomplete;
	}
	fsk_hash_lines_free(l);
}
