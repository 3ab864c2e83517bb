#include "core/archive/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/jsontext.h"
#include "core/model/types.h"

#define LINE_MAX_BYTES (FSK_JSON_LINE_MAX + FSK_MIB) /* a row, its stream and its key */
#define READ_PIECE (256u * FSK_KIB)
#define ROW_PIECE (4u * FSK_KIB)

/* --- writing --- */

static int add_entry(struct fsk_journal_stream *s, const struct fsk_journal_entry *e,
                     uint64_t member, struct fsk_err *err)
{
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 64 : s->cap * 2;
		struct fsk_journal_entry *entries = realloc(s->entries, cap * sizeof(*entries));
		uint64_t *members = NULL;

		if (entries != NULL)
			s->entries = entries;
		if (s->name != NULL && strcmp(s->name, FSK_JOURNAL_MANIFEST) == 0) {
			members = realloc(s->members, cap * sizeof(*members));
			if (members == NULL)
				return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu members",
				                   cap);
			s->members = members;
		}
		if (entries == NULL)
			return fsk_err_set(err, FSK_ENOMEM, "no memory for %zu rows", cap);
		s->cap = cap;
	}
	if (s->members != NULL)
		s->members[s->count] = member;
	s->entries[s->count++] = *e;
	return 0;
}

const struct fsk_journal_stream *fsk_journal_stream(const struct fsk_journal *j, const char *name)
{
	for (size_t i = 0; i < j->nstreams; i++)
		if (strcmp(j->streams[i].name, name) == 0)
			return &j->streams[i];
	return NULL;
}

static int find_stream(struct fsk_journal_stream **out, struct fsk_journal *j, const char *name,
                       struct fsk_err *err)
{
	struct fsk_journal_stream *streams;

	*out = (struct fsk_journal_stream *) fsk_journal_stream(j, name);
	if (*out != NULL)
		return 0;
	if (j->nstreams == FSK_STREAMS_OF_ROWS_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "more than %u kinds of rows",
		                   FSK_STREAMS_OF_ROWS_MAX);
	streams = realloc(j->streams, (j->nstreams + 1) * sizeof(*streams));
	if (streams != NULL) {
		j->streams = streams;
		*out = &streams[j->nstreams];
		**out = (struct fsk_journal_stream){ .name = strdup(name) };
	}
	if (streams == NULL || (*out)->name == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for rows of \"%s\"", name);
	j->nstreams++;
	return 0;
}

static int append_json_string(struct fsk_buf *b, const char *s, struct fsk_err *err)
{
	return fsk_jsontext_string(b, s, strlen(s), err);
}

static uint64_t written(const struct fsk_journal *j)
{
	return j->end - j->lines.len;
}

int fsk_journal_flush(struct fsk_journal *j, struct fsk_err *err)
{
	int rc;

	if (j->lines.len == 0)
		return 0;
	rc = fsk_output_write(&j->out, j->lines.data, j->lines.len, written(j), err);
	if (rc < 0)
		fsk_output_truncate(&j->out, written(j), NULL);
	else
		fsk_buf_reset(&j->lines);
	return rc;
}

/* Forgets the lines from `at` on, which were not written. */
static void forget_from(struct fsk_journal_stream *s, uint64_t at)
{
	while (s->count > 0 && s->entries[s->count - 1].at >= at)
		s->count--;
}

void fsk_journal_give_up(struct fsk_journal *j)
{
	uint64_t at = written(j);
	size_t done = 0;
	const uint8_t *nl;

	while ((nl = memchr(j->lines.data + done, '\n', j->lines.len - done)) != NULL) {
		size_t len = (size_t) (nl - j->lines.data) + 1 - done;

		if (fsk_output_write(&j->out, j->lines.data + done, len, at, NULL) < 0)
			break;
		done += len;
		at += len;
	}
	fsk_output_truncate(&j->out, at, NULL);
	for (size_t i = 0; i < j->nstreams; i++)
		forget_from(&j->streams[i], at);
	forget_from(&j->custody, at);
	fsk_buf_reset(&j->lines);
	j->end = at;
}

/* Opens a line behind those that wait: what is before its first value. */
static int begin_line(struct fsk_journal *j, const char *kind, struct fsk_err *err)
{
	int rc = fsk_buf_append(&j->lines, "[\"", 2, err);

	if (rc == 0)
		rc = fsk_buf_append_str(&j->lines, kind, err);
	return rc == 0 ? fsk_buf_append(&j->lines, "\",", 2, err) : rc;
}

/* Where the line that is being made will stand. */
static uint64_t place(const struct fsk_journal *j, size_t start)
{
	return j->end + (j->lines.len - start);
}

/* Ends the line that began at `start` of j->lines, or takes it back when `rc` says
 * that it did not come about. */
static int end_line(struct fsk_journal *j, size_t start, int rc, struct fsk_err *err)
{
	if (rc == 0)
		rc = fsk_buf_append(&j->lines, "]\n", 2, err);
	if (rc < 0)
		j->lines.len = start;
	else
		j->end += j->lines.len - start;
	return rc;
}

/* Writes at once; what cannot be written is forgotten, but not what waited before. */
static int end_at_once(struct fsk_journal *j, size_t start, int rc, struct fsk_err *err)
{
	uint64_t before = j->end;

	rc = end_line(j, start, rc, err);
	if (rc < 0)
		return rc;
	rc = fsk_journal_flush(j, err);
	if (rc < 0) {
		j->lines.len = start;
		j->end = before;
	}
	return rc;
}

/* A line of one kind and one JSON value. */
static int write_simple(struct fsk_journal *j, const char *kind, const char *text,
                        struct fsk_err *err)
{
	size_t start = j->lines.len;
	int rc = begin_line(j, kind, err);

	if (rc == 0)
		rc = fsk_buf_append_str(&j->lines, text, err);
	return end_at_once(j, start, rc, err);
}

/* Key and row behind what is there of the line; `e` says where they are. */
static int append_keyed(struct fsk_journal *j, struct fsk_journal_entry *e, size_t start,
                        const char *key, const char *text, size_t n, struct fsk_err *err)
{
	size_t before = j->lines.len;
	int rc;

	if (n > FSK_JSON_LINE_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "a row of %zu bytes", n);
	*e = (struct fsk_journal_entry){ .at = place(j, start), .row_len = (uint32_t) n };
	rc = append_json_string(&j->lines, key, err);
	e->key_len = (uint32_t) (j->lines.len - before);
	if (rc == 0)
		rc = fsk_buf_append_u8(&j->lines, ',', err);
	return rc == 0 ? fsk_buf_append(&j->lines, text, n, err) : rc;
}

int fsk_journal_row(struct fsk_journal *j, const char *stream, const char *key, const char *text,
                    size_t n, struct fsk_err *err)
{
	struct fsk_journal_entry e = { 0 };
	struct fsk_journal_stream *s;
	size_t start = j->lines.len;
	int rc = find_stream(&s, j, stream, err);

	if (rc == 0)
		rc = begin_line(j, "row", err);
	if (rc == 0)
		rc = append_json_string(&j->lines, stream, err);
	if (rc == 0)
		rc = fsk_buf_append_u8(&j->lines, ',', err);
	if (rc == 0)
		rc = append_keyed(j, &e, start, key, text, n, err);
	rc = end_line(j, start, rc, err);
	if (rc == 0)
		rc = add_entry(s, &e, 0, err);
	if (rc == 0)
		j->pieces += n + 1;
	return rc;
}

int fsk_journal_member(struct fsk_journal *j, uint64_t offset, const char *name, const char *text,
                       struct fsk_err *err)
{
	struct fsk_journal_entry e = { 0 };
	struct fsk_journal_stream *s;
	size_t start = j->lines.len, n = strlen(text);
	int rc = find_stream(&s, j, FSK_JOURNAL_MANIFEST, err);

	if (rc == 0)
		rc = begin_line(j, "member", err);
	if (rc == 0)
		rc = fsk_jsontext_integer(&j->lines, (int64_t) offset, err);
	if (rc == 0)
		rc = fsk_buf_append_u8(&j->lines, ',', err);
	if (rc == 0)
		rc = append_keyed(j, &e, start, name, text, n, err);
	rc = end_at_once(j, start, rc, err);
	if (rc == 0)
		rc = add_entry(s, &e, offset, err);
	if (rc == 0)
		j->pieces += n + 1;
	return rc;
}

int fsk_journal_custody(struct fsk_journal *j, char *const *texts, size_t n, struct fsk_err *err)
{
	size_t start = j->lines.len, before = j->custody.count;
	int rc = begin_line(j, "custody", err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct fsk_journal_entry e = { .row_len = (uint32_t) strlen(texts[i]) };

		if (i > 0)
			rc = fsk_buf_append_u8(&j->lines, ',', err);
		e.at = place(j, start);
		if (rc == 0)
			rc = fsk_buf_append(&j->lines, texts[i], e.row_len, err);
		if (rc == 0)
			rc = add_entry(&j->custody, &e, 0, err);
	}
	rc = end_at_once(j, start, rc, err);
	if (rc < 0)
		j->custody.count = before;
	for (size_t i = before; i < j->custody.count; i++)
		j->pieces += j->custody.entries[i].row_len + 1;
	return rc;
}

int fsk_journal_collection(struct fsk_journal *j, const char *text, struct fsk_err *err)
{
	int rc = write_simple(j, "collection", text, err);

	if (rc == 0)
		j->pieces += strlen(text);
	return rc;
}

/* Returns how many rows became void. */
static size_t void_rows(struct fsk_journal *j, uint64_t from, uint64_t to)
{
	const struct fsk_journal_stream *s = fsk_journal_stream(j, FSK_JOURNAL_MANIFEST);
	size_t voided = 0;

	/* newest first: a member that was just dropped is at the end */
	for (size_t i = s != NULL ? s->count : 0; i-- > 0;) {
		if (s->members[i] < from || s->members[i] >= to || s->entries[i].row_len == 0)
			continue;
		s->entries[i].row_len = 0;
		voided++;
	}
	return voided;
}

int fsk_journal_void(struct fsk_journal *j, uint64_t from, uint64_t to, struct fsk_err *err)
{
	char text[64];

	/* JSON integers are signed */
	if (to > (uint64_t) INT64_MAX)
		to = INT64_MAX;
	if (void_rows(j, from, to) == 0)
		return 0;
	snprintf(text, sizeof(text), "%llu,%llu", (unsigned long long) from,
	         (unsigned long long) to);
	return write_simple(j, "void", text, err);
}

int fsk_journal_fold(struct fsk_journal *j, uint64_t offset, struct fsk_err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long) offset);
	return write_simple(j, "fold", text, err);
}

int fsk_journal_sync(struct fsk_journal *j, struct fsk_err *err)
{
	int rc = fsk_journal_flush(j, err);

	return rc == 0 ? fsk_output_sync(&j->out, err) : rc;
}

static void init(struct fsk_journal *j)
{
	*j = (struct fsk_journal){ .out = { .handle = -1 }, .fold = FSK_JOURNAL_NO_FOLD };
	fsk_buf_init(&j->lines, LINE_MAX_BYTES + FSK_JOURNAL_WAITING);
}

int fsk_journal_create(struct fsk_journal *j, const char *path, const json_t *opening,
                       struct fsk_err *err)
{
	char *text;
	int rc;

	init(j);
	rc = fsk_output_create(&j->out, path, err);
	if (rc < 0)
		return rc;
	text = fsk_json_line(opening);
	rc = text != NULL ? write_simple(j, "open", text, err)
	                  : fsk_err_set(err, FSK_ENOMEM, "no memory for the journal");
	free(text);
	if (rc == 0)
		rc = fsk_output_sync(&j->out, err);
	if (rc < 0) {
		fsk_journal_close(j);
		fsk_output_remove(path, NULL);
	}
	return rc;
}

/* Forgets what was read; keeps the file. */
static void forget(struct fsk_journal *j)
{
	for (size_t i = 0; i < j->nstreams; i++) {
		free(j->streams[i].name);
		free(j->streams[i].entries);
		free(j->streams[i].members);
	}
	free(j->streams);
	free(j->custody.entries);
	free(j->last_custody);
	json_decref(j->opening);
	json_decref(j->collection);
	fsk_buf_free(&j->lines);
}

void fsk_journal_close(struct fsk_journal *j)
{
	if (j->lines.len > 0)
		fsk_journal_give_up(j);
	forget(j);
	fsk_output_close(&j->out);
	init(j);
}

/* --- reading --- */

/* Does `text` at *pos hold the JSON text of `value`? Moves *pos behind it. */
static bool skip_value(const char *text, size_t len, size_t *pos, const json_t *value)
{
	char *again = fsk_json_line(value);
	size_t n = again != NULL ? strlen(again) : 0;
	bool same = n > 0 && n <= len - *pos && memcmp(text + *pos, again, n) == 0;

	free(again);
	if (same)
		*pos += n;
	return same;
}

static bool skip_comma(const char *text, size_t len, size_t *pos)
{
	return *pos < len && text[(*pos)++] == ',';
}

/* Indexes ["row",STREAM,KEY,{}] and ["member",OFFSET,KEY,{}]. The places of key
 * and row follow from the one way in which this program writes JSON. */
static bool read_keyed(struct fsk_journal *j, const json_t *line, const char *text, size_t len,
                       uint64_t at)
{
	const json_t *which = json_array_get(line, 1), *key = json_array_get(line, 2);
	bool member = json_is_integer(which);
	struct fsk_journal_stream *s;
	struct fsk_journal_entry e;
	size_t pos = 1, start;

	if (json_array_size(line) != 4 || !json_is_string(key) ||
	    !json_is_object(json_array_get(line, 3)) || (!member && !json_is_string(which)))
		return false;
	if (!skip_value(text, len, &pos, json_array_get(line, 0)) || !skip_comma(text, len, &pos) ||
	    !skip_value(text, len, &pos, which) || !skip_comma(text, len, &pos))
		return false;
	start = pos;
	if (!skip_value(text, len, &pos, key))
		return false;
	e.at = at + start;
	e.key_len = (uint32_t) (pos - start);
	if (!skip_comma(text, len, &pos) || pos >= len || len - pos - 1 > FSK_JSON_LINE_MAX)
		return false;
	e.row_len = (uint32_t) (len - pos - 1);
	if (find_stream(&s, j, member ? FSK_JOURNAL_MANIFEST : json_string_value(which), NULL) < 0)
		return false;
	j->pieces += e.row_len + 1;
	j->rows += !member;
	return add_entry(s, &e, member ? (uint64_t) json_integer_value(which) : 0, NULL) == 0;
}

static bool keep_last(struct fsk_journal *j, const char *text, size_t n)
{
	free(j->last_custody);
	j->last_custody = malloc(n + 1);
	if (j->last_custody == NULL)
		return false;
	memcpy(j->last_custody, text, n);
	j->last_custody[n] = '\0';
	return true;
}

/* Bytes of the object at text[0, len), which is known to be sound; its keys may
 * be in any order. */
static size_t object_length(const char *text, size_t len)
{
	size_t depth = 0, i = 0;
	bool quoted = false;

	do {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && text[i] == '{')
			depth++;
		else if (!quoted && text[i] == '}')
			depth--;
		i++;
	} while (i < len && depth > 0);
	return i;
}

/* Indexes ["custody",{},…]. */
static bool read_custody(struct fsk_journal *j, const json_t *line, const char *text, size_t len,
                         uint64_t at)
{
	size_t n = json_array_size(line), pos = strlen("[\"custody\""), start;

	for (size_t i = 1; i < n; i++) {
		struct fsk_journal_entry e = { 0 };

		if (!json_is_object(json_array_get(line, i)) || !skip_comma(text, len, &pos))
			return false;
		start = pos;
		pos += object_length(text + pos, len - pos);
		e.at = at + start;
		e.row_len = (uint32_t) (pos - start);
		if (add_entry(&j->custody, &e, 0, NULL) < 0 ||
		    (i + 1 == n && !keep_last(j, text + start, e.row_len)))
			return false;
		j->pieces += e.row_len + 1;
	}
	return n > 1;
}

static bool read_void(struct fsk_journal *j, const json_t *line)
{
	const json_t *from = json_array_get(line, 1), *to = json_array_get(line, 2);

	if (!json_is_integer(from) || !json_is_integer(to))
		return false;
	void_rows(j, (uint64_t) json_integer_value(from), (uint64_t) json_integer_value(to));
	return true;
}

static bool read_fold(struct fsk_journal *j, const json_t *line, uint64_t at)
{
	const json_t *offset = json_array_get(line, 1);

	if (!json_is_integer(offset) || json_integer_value(offset) < 0)
		return false;
	j->fold = (uint64_t) json_integer_value(offset);
	j->fold_at = at;
	return true;
}

static bool read_object(json_t **out, const json_t *line)
{
	json_t *o = json_array_get(line, 1);

	if (!json_is_object(o))
		return false;
	json_decref(*out);
	*out = json_incref(o);
	return true;
}

/* One line without its end; true when it is a good one. */
static bool read_line(struct fsk_journal *j, const char *text, size_t len, uint64_t at)
{
	const char *kind;
	json_t *line;
	bool good = false;

	/* where a line never reached the medium, zeros may stand before the next */
	for (; len > 0 && *text == '\0'; text++, len--)
		at++;
	line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	kind = json_string_value(json_array_get(line, 0));

	if (kind == NULL)
		good = false;
	else if (strcmp(kind, "row") == 0 || strcmp(kind, "member") == 0)
		good = read_keyed(j, line, text, len, at);
	else if (strcmp(kind, "custody") == 0)
		good = read_custody(j, line, text, len, at);
	else if (strcmp(kind, "void") == 0)
		good = read_void(j, line);
	else if (strcmp(kind, "fold") == 0)
		good = read_fold(j, line, at);
	else if (strcmp(kind, "open") == 0)
		good = read_object(&j->opening, line);
	else if (strcmp(kind, "collection") == 0)
		good = read_object(&j->collection, line);
	json_decref(line);
	return good;
}

/* Takes whole lines off the front of `b`, which begins at j->end. */
static void read_lines(struct fsk_journal *j, struct fsk_buf *b, uint64_t *at)
{
	size_t pos = 0;
	const uint8_t *nl;

	while (pos < b->len && (nl = memchr(b->data + pos, '\n', b->len - pos)) != NULL) {
		size_t len = (size_t) (nl - b->data) - pos;

		if (read_line(j, (const char *) b->data + pos, len, *at + pos))
			j->end = *at + pos + len + 1;
		else
			j->damaged++;
		pos += len + 1;
	}
	fsk_buf_consume(b, pos);
	*at += pos;
}

/* Reads the file; j->end comes out behind the last good line. */
static int read_all(struct fsk_journal *j, uint64_t size, struct fsk_err *err)
{
	struct fsk_file view = fsk_output_view(&j->out, size);
	struct fsk_buf b;
	uint64_t at = 0, pos = 0;
	int64_t got = 1;
	int rc = 0;

	fsk_buf_init(&b, LINE_MAX_BYTES + READ_PIECE);
	while (rc == 0 && got > 0) {
		if (b.len > LINE_MAX_BYTES) {
			/* no line of ours: look for the next one */
			at += b.len;
			fsk_buf_reset(&b);
			j->damaged++;
		}
		rc = fsk_buf_reserve(&b, READ_PIECE, err);
		if (rc < 0)
			break;
		got = fsk_file_pread(&view, b.data + b.len, READ_PIECE, pos, err);
		if (got < 0)
			rc = (int) got;
		else
			b.len += (size_t) got;
		pos += got > 0 ? (uint64_t) got : 0;
		read_lines(j, &b, &at);
	}
	j->damaged += rc == 0 && b.len > 0;
	fsk_buf_free(&b);
	return rc;
}

int fsk_journal_open(struct fsk_journal *j, const char *path, struct fsk_err *err)
{
	uint64_t size = 0;
	int rc;

	init(j);
	rc = fsk_output_open(&j->out, path, err);
	if (rc == 0)
		rc = fsk_output_size(&j->out, &size, err);
	if (rc == 0)
		rc = read_all(j, size, err);
	if (rc < 0)
		fsk_journal_close(j);
	return rc;
}

int fsk_journal_rewind(struct fsk_journal *j, struct fsk_err *err)
{
	struct fsk_output out = j->out;
	uint64_t to = j->fold != FSK_JOURNAL_NO_FOLD ? j->fold_at : j->end;
	int rc = fsk_output_truncate(&out, to, err);

	if (rc == 0)
		rc = fsk_output_sync(&out, err);
	if (rc < 0)
		return rc;
	forget(j);
	init(j);
	j->out = out;
	return read_all(j, to, err);
}

/* --- folding --- */

char *fsk_journal_key(const struct fsk_journal *j, const struct fsk_journal_entry *e,
                      struct fsk_err *err)
{
	char *text = malloc((size_t) e->key_len + 1), *key = NULL;
	json_t *s = NULL;

	if (text != NULL && fsk_output_read(&j->out, text, e->key_len, e->at, err) == 0) {
		s = json_loadb(text, e->key_len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		key = s != NULL && json_is_string(s) ? strdup(json_string_value(s)) : NULL;
		if (key == NULL)
			fsk_err_set(err, FSK_ECORRUPT, "\"%s\" byte %llu: no key", j->out.path,
			            (unsigned long long) e->at);
	} else if (text == NULL) {
		fsk_err_set(err, FSK_ENOMEM, "no memory for a key");
	}
	json_decref(s);
	free(text);
	return key;
}

/* Reads through a window, so that neighbours cost one call. Rows of one plugin lie
 * in their order with a few others in between: while the places go forwards, the
 * window is large. */
struct window {
	const struct fsk_journal *j;
	struct fsk_buf b;
	uint64_t at;
};

static const char *look(struct window *w, uint64_t at, size_t n, struct fsk_err *err)
{
	struct fsk_file view = fsk_output_view(&w->j->out, w->j->end);
	uint64_t end = w->at + w->b.len;
	size_t ahead = at >= w->at && at <= end + READ_PIECE ? READ_PIECE : ROW_PIECE;
	size_t want = n > ahead ? n : ahead;
	int64_t got;

	if (at >= w->at && at <= end && n <= end - at)
		return (const char *) w->b.data + (at - w->at);
	fsk_buf_reset(&w->b);
	if (fsk_buf_reserve(&w->b, want, err) < 0)
		return NULL;
	got = fsk_file_pread(&view, w->b.data, want, at, err);
	if (got < (int64_t) n) {
		if (got >= 0)
			fsk_err_set(err, FSK_EIO, "cannot read \"%s\": it is shorter than it was",
			            w->j->out.path);
		return NULL;
	}
	w->at = at;
	w->b.len = (size_t) got;
	return (const char *) w->b.data;
}

struct sort_item {
	const char *key;
	const struct fsk_journal_entry *entry;
};

static int compare_items(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	if (order != 0)
		return order;
	return x->entry->at < y->entry->at ? -1 : x->entry->at > y->entry->at;
}

/* Decodes a key into `out`, which has room for its JSON text. */
static int load_key(char *out, size_t *used, const char *text, size_t len, struct fsk_err *err)
{
	json_t *s;

	if (len >= 2 && memchr(text, '\\', len) == NULL) {
		memcpy(out, text + 1, len - 2);
		*used = len - 2;
	} else {
		s = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		if (s == NULL || !json_is_string(s) || json_string_length(s) >= len) {
			json_decref(s);
			return fsk_err_set(err, FSK_ECORRUPT, "no key in the journal");
		}
		*used = json_string_length(s);
		memcpy(out, json_string_value(s), *used);
		json_decref(s);
	}
	out[(*used)++] = '\0';
	return 0;
}

static int load_keys(struct sort_item *items, size_t *count, char *keys,
                     const struct fsk_journal *j, const struct fsk_journal_stream *s,
                     struct fsk_err *err)
{
	struct window w = { .j = j };
	int rc = 0;

	fsk_buf_init(&w.b, LINE_MAX_BYTES);
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		const struct fsk_journal_entry *e = &s->entries[i];
		const char *text;
		size_t used = 0;

		if (e->row_len == 0)
			continue;
		text = look(&w, e->at, e->key_len, err);
		rc = text == NULL ? FSK_EIO : load_key(keys, &used, text, e->key_len, err);
		items[(*count)++] = (struct sort_item){ .key = keys, .entry = e };
		keys += used;
	}
	fsk_buf_free(&w.b);
	return rc;
}

static int give_rows(const struct sort_item *items, size_t count, const struct fsk_journal *j,
                     fsk_journal_sink *sink, void *arg, struct fsk_err *err)
{
	struct window w = { .j = j };
	int rc = 0;

	fsk_buf_init(&w.b, LINE_MAX_BYTES);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct fsk_journal_entry *e = items[i].entry;
		uint64_t at = e->at + e->key_len + (e->key_len > 0 ? 1 : 0);
		const char *text = look(&w, at, e->row_len, err);

		rc = text == NULL ? FSK_EIO : sink(arg, text, e->row_len, err);
		if (rc == 0)
			rc = sink(arg, "\n", 1, err);
	}
	fsk_buf_free(&w.b);
	return rc;
}

static bool in_order(const struct sort_item *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (compare_items(&items[i - 1], &items[i]) > 0)
			return false;
	return true;
}

int fsk_journal_each(struct fsk_journal *j, const struct fsk_journal_stream *s,
                     fsk_journal_sink *sink, void *arg, struct fsk_err *err)
{
	struct sort_item *items;
	size_t room = 1, count = 0;
	char *keys;
	int rc;

	if (s == NULL || s->count == 0)
		return 0;
	rc = fsk_journal_flush(j, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s->count; i++)
		room += (size_t) s->entries[i].key_len + 1;
	items = calloc(s->count, sizeof(*items));
	keys = malloc(room);
	if (items == NULL || keys == NULL) {
		rc = fsk_err_set(err, FSK_ENOMEM, "no memory to sort %zu rows", s->count);
	} else if (s == &j->custody) {
		for (; count < s->count; count++)
			items[count] = (struct sort_item){ .entry = &s->entries[count] };
	} else {
		rc = load_keys(items, &count, keys, j, s, err);
		if (rc == 0 && !in_order(items, count))
			qsort(items, count, sizeof(*items), compare_items);
	}
	if (rc == 0)
		rc = give_rows(items, count, j, sink, arg, err);
	free(items);
	free(keys);
	return rc;
}
