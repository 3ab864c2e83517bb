/* The form in XML, read by expat. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "core/base/limits.h"
#include "plugins/plist/parts.h"

enum element { PLIST, DICT, ARRAY, KEY, STRING, DATA, DATE, INTEGER, REAL, YES, NO, UNKNOWN };

static const char *const names[] = { "plist", "dict",    "array", "key",  "string", "data",
	                             "date",  "integer", "real",  "true", "false" };

struct reader {
	struct fsk_plist *p;
	XML_Parser parser;
	struct fsk_err *err;
	int rc;
	bool began;                          /* there was the element "plist" */
	uint32_t boxes[FSK_PLIST_DEPTH_MAX]; /* that are open */
	unsigned depth;
	unsigned skipping; /* elements inside of one that is passed over */
	bool has_key;
	size_t key;
	bool in_text;        /* the element in hand holds text */
	struct fsk_buf text; /* of the element in hand */
};

static uint64_t position(const struct reader *r)
{
	return (uint64_t) XML_GetCurrentByteIndex(r->parser);
}

static void stop(struct reader *r, int rc)
{
	if (rc >= 0 || r->rc < 0)
		return;
	r->rc = rc;
	XML_StopParser(r->parser, XML_FALSE);
}

static enum element element_of(const char *name)
{
	int i = PLIST;

	while (i < UNKNOWN && strcmp(names[i], name) != 0)
		i++;
	return (enum element) i;
}

/* A value at the place that is open now. */
static int add(uint32_t *at, struct reader *r, enum fsk_plist_kind kind)
{
	uint32_t in = r->depth > 0 ? r->boxes[r->depth - 1] : FSK_PLIST_NONE;
	size_t key = 0;
	int rc;

	if (in != FSK_PLIST_NONE && r->p->at[in].kind == FSK_PLIST_DICT) {
		key = r->key;
		if (!r->has_key) {
			fsk_plist_note(r->p, position(r), "a value without a key");
			rc = fsk_plist_keep(&key, r->p, "", 0, r->err);
			if (rc < 0)
				return rc;
		}
	}
	r->has_key = false;
	return fsk_plist_add(at, r->p, in, key, kind, r->err);
}

/* --- values --- */

/* The bytes that base64 stands for, in place; false when there are other characters in it. */
static bool decode(struct fsk_buf *b)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                             "0123456789+/";
	unsigned bits = 0;
	uint32_t n = 0;
	size_t out = 0;

	for (size_t i = 0; i < b->len; i++) {
		const char c = (char) b->data[i];
		const char *at = c != '\0' ? strchr(digits, c) : NULL;

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '=')
			break;
		if (at == NULL)
			return false;
		n = n << 6 | (uint32_t) (at - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			b->data[out++] = (uint8_t) (n >> bits);
		}
	}
	b->len = out;
	return true;
}

static bool set_number(struct fsk_plist_value *v, enum element kind, const char *s)
{
	const char *digits = s + (*s == '-' || *s == '+');
	char *end;

	errno = 0;
	if (kind == INTEGER) {
		v->kind = FSK_PLIST_INT;
		v->i = strtoll(s, &end, strncmp(digits, "0x", 2) == 0 ? 16 : 10);
	}
	if (kind == REAL || errno == ERANGE) {
		v->kind = FSK_PLIST_REAL;
		v->d = strtod(s, &end);
	}
	end += strspn(end, " \t\r\n");
	return end != s && *end == '\0';
}

/* What an element of text stands for; it stays text when it cannot be read. */
static int set_value(struct reader *r, uint32_t at, enum element kind)
{
	const char *s = (const char *) r->text.data;
	fsk_time t;

	if (kind == DATE) {
		t = fsk_time_parse_iso(s);
		if (t != FSK_TIME_NONE)
			return fsk_plist_set_date(r->p, at, t, r->err);
	}
	if ((kind == INTEGER || kind == REAL) && set_number(&r->p->at[at], kind, s))
		return 0;
	if (kind != STRING && !(kind == DATA && decode(&r->text)))
		fsk_plist_note(r->p, position(r), "no %s", names[kind]);
	r->p->at[at].kind = FSK_PLIST_TEXT;
	r->p->at[at].len = r->text.len;
	return fsk_plist_keep(&r->p->at[at].text, r->p, r->text.data, r->text.len, r->err);
}

/* { "CF$UID" = n } is how XML writes an UID. */
static void close_box(struct reader *r)
{
	struct fsk_plist *p = r->p;
	struct fsk_plist_value *box = &p->at[r->boxes[--r->depth]];
	const struct fsk_plist_value *only = &p->at[box->first];

	if (r->has_key)
		fsk_plist_note(p, position(r), "a key without a value");
	r->has_key = false;
	if (box->kind != FSK_PLIST_DICT || box->first == 0 || only->next != 0 ||
	    only->kind != FSK_PLIST_INT ||
	    strcmp((const char *) p->text.data + only->key, "CF$UID") != 0)
		return;
	box->kind = FSK_PLIST_UID;
	box->i = only->i;
}

/* --- elements --- */

static int open_box(struct reader *r, enum element kind)
{
	uint32_t at;
	int rc;

	if (r->depth >= FSK_PLIST_DEPTH_MAX)
		return fsk_err_set(r->err, FSK_ELIMIT, "more than %u values inside each other",
		                   FSK_PLIST_DEPTH_MAX);
	rc = add(&at, r, kind == DICT ? FSK_PLIST_DICT : FSK_PLIST_ARRAY);
	if (rc == 0)
		r->boxes[r->depth++] = at;
	return rc;
}

/* Elements that are not known, and those inside of texts. */
static void pass_over(struct reader *r, const char *name)
{
	if (r->skipping++ == 0)
		fsk_plist_note(r->p, position(r), "the unknown element \"%.32s\"", name);
}

static void XMLCALL on_start(void *arg, const char *name, const char **attributes)
{
	struct reader *r = arg;
	enum element kind = element_of(name);

	(void) attributes;
	if (!r->began && kind != PLIST) {
		stop(r, fsk_err_set(r->err, FSK_ECORRUPT, "no property list"));
	} else if (r->skipping > 0 || r->in_text || kind == UNKNOWN ||
	           (r->began && kind == PLIST) || (r->depth == 0 && r->p->count > 0)) {
		pass_over(r, name);
	} else if (kind == DICT || kind == ARRAY) {
		stop(r, open_box(r, kind));
	} else {
		r->in_text = kind != PLIST;
		fsk_buf_reset(&r->text);
	}
	r->began = true;
}

static int end_text(struct reader *r, enum element kind)
{
	uint32_t at;
	int rc = fsk_buf_append_u8(&r->text, 0, r->err);

	r->in_text = false;
	if (rc < 0)
		return rc;
	r->text.len--;
	if (kind == KEY) {
		r->has_key = true;
		return fsk_plist_keep(&r->key, r->p, r->text.data, r->text.len, r->err);
	}
	rc = add(&at, r, FSK_PLIST_BOOL);
	r->p->at[at].i = kind == YES;
	return rc < 0 || kind == YES || kind == NO ? rc : set_value(r, at, kind);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct reader *r = arg;
	enum element kind = element_of(name);

	if (r->rc < 0)
		return;
	if (r->skipping > 0)
		r->skipping--;
	else if (kind == DICT || kind == ARRAY)
		close_box(r);
	else if (kind != PLIST)
		stop(r, end_text(r, kind));
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
	struct reader *r = arg;

	if (r->skipping == 0 && r->in_text)
		stop(r, fsk_buf_append(&r->text, s, (size_t) n, r->err));
}

static void XMLCALL on_entity(void *arg, const XML_Char *name, int is_parameter,
                              const XML_Char *value, int length, const XML_Char *base,
                              const XML_Char *system, const XML_Char *public,
                              const XML_Char *notation)
{
	struct reader *r = arg;

	(void) name, (void) is_parameter, (void) value, (void) length, (void) base;
	(void) system, (void) public, (void) notation;
	stop(r, fsk_err_set(r->err, FSK_ECORRUPT, "a DOCTYPE with declarations of its own"));
}

/* --- the file --- */

/* Malformed: what was read stands, unless it is nothing. */
static int give_up(struct reader *r)
{
	const char *why = XML_ErrorString(XML_GetErrorCode(r->parser));

	if (r->p->count == 0)
		return fsk_err_set(r->err, FSK_ECORRUPT, "no property list: %s", why);
	fsk_plist_note(r->p, position(r), "%s", why);
	return 0;
}

int fsk_plist_xml(struct fsk_plist *p, const void *data, size_t size, struct fsk_err *err)
{
	struct reader r = { .p = p, .err = err, .parser = XML_ParserCreate(NULL) };

	if (r.parser == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "no memory for XML");
	fsk_buf_init(&r.text, FSK_PLIST_TEXT_MAX);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetEntityDeclHandler(r.parser, on_entity);
	XML_SetHashSalt(r.parser, 1); /* else it asks the system for random */
	if (XML_Parse(r.parser, data, (int) size, 1) != XML_STATUS_OK && r.rc == 0)
		r.rc = give_up(&r);
	if (r.rc == 0 && p->count == 0)
		r.rc = fsk_err_set(err, FSK_ECORRUPT, "an empty property list");
	XML_ParserFree(r.parser);
	fsk_buf_free(&r.text);
	return r.rc;
}
