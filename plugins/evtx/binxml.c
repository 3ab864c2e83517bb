#include "plugins/evtx/binxml_impl.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/text.h"
#include "plugins/evtx/value.h"

#define MORE 0x40u /* bit of a token: attributes follow */
#define END 0x00u
#define OPEN 0x01u
#define CLOSE_START 0x02u
#define CLOSE_EMPTY 0x03u
#define CLOSE 0x04u
#define VALUE 0x05u
#define ATTRIBUTE 0x06u
#define CDATA 0x07u
#define CHARACTER 0x08u
#define ENTITY 0x09u
#define TARGET 0x0au
#define INSTRUCTION 0x0bu
#define TEMPLATE 0x0cu
#define SUBSTITUTE 0x0du
#define SUBSTITUTE_OPTIONAL 0x0eu
#define FRAGMENT 0x0fu

#define NAME_MAX_BYTES 1024u /* of a name in the chunk that is kept */
#define TEMPLATE_HEADER 24u  /* the next of the same hash, GUID, length */

struct value {
	const uint8_t *p;
	size_t n;
	unsigned type;
};

/* What the places of a template are filled with. */
struct values {
	struct value *at;
	size_t count;
};

static int tokens(struct fsk_binxml_reading *r, struct fsk_cur *c, const struct values *v,
                  bool inside);

static int broken(struct fsk_binxml_reading *r, size_t at)
{
	return fsk_err_set(r->err, FSK_ECORRUPT,
	                   "binary XML that makes no sense at byte %zu of the chunk", at);
}

static int out_of_memory(struct fsk_binxml_reading *r)
{
	return fsk_err_set(r->err, FSK_ENOMEM, "no memory for an event");
}

/* Takes `n` parts from what the event and its chunk may have. */
static int spend(struct fsk_binxml_reading *r, size_t n)
{
	if (n > r->tokens || n > r->x->tokens)
		return fsk_err_set(r->err, FSK_ELIMIT, "an event of too many parts");
	r->tokens -= n;
	r->x->tokens -= n;
	return 0;
}

/* Of bytes `from` to `to` of the chunk. */
static struct fsk_cur range(const struct fsk_binxml *x, size_t from, size_t to)
{
	struct fsk_cur c;

	fsk_cur_init(&c, x->chunk, to <= x->size ? to : x->size);
	fsk_cur_seek(&c, from);
	return c;
}

/* A name lies where an offset says; the first time right behind that offset. */
static struct fsk_binxml_name read_name(const struct fsk_binxml *x, struct fsk_cur *c)
{
	uint32_t offset = fsk_cur_u32le(c);
	struct fsk_cur at = range(x, offset, x->size);
	struct fsk_binxml_name name = { 0 };

	fsk_cur_skip(&at, 6); /* the next of the same hash, and the hash */
	name.n = (size_t) fsk_cur_u16le(&at) * 2;
	name.p = fsk_cur_bytes(&at, name.n);
	if (name.p == NULL || at.failed)
		c->failed = true;
	else if (offset == c->pos)
		fsk_cur_skip(c, 8 + name.n + 2);
	if (name.n > NAME_MAX_BYTES)
		name.n = NAME_MAX_BYTES;
	return name;
}

/* --- tokens --- */

static int end_attribute(struct fsk_binxml_reading *r)
{
	int rc;

	if (r->attribute.p == NULL)
		return 0;
	rc = r->text->len > r->attribute_text ? fsk_binxml_take_attribute(r) : 0;
	r->text->len = r->attribute_text;
	r->attribute = (struct fsk_binxml_name){ 0 };
	return rc;
}

static enum fsk_binxml_section section_of(struct fsk_binxml_name name)
{
	if (fsk_binxml_is(name, "System"))
		return FSK_BINXML_SYSTEM;
	return fsk_binxml_is(name, "RenderingInfo") ? FSK_BINXML_RENDERING : FSK_BINXML_DATA;
}

/* Skips the dependency number, if there is one, and the size. */
static void skip_head(struct fsk_cur *c, bool inside)
{
	struct fsk_cur before = *c;
	uint32_t size;

	if (!inside)
		fsk_cur_skip(c, 2);
	size = fsk_cur_u32le(c);
	if (inside || (!c->failed && size <= fsk_cur_left(c)))
		return;
	*c = before;
	fsk_cur_skip(c, 4);
}

static int open_element(struct fsk_binxml_reading *r, struct fsk_cur *c, bool more, bool inside)
{
	struct fsk_binxml_element *e;

	skip_head(c, inside);
	if (r->depth >= FSK_EVTX_DEPTH_MAX)
		return fsk_err_set(r->err, FSK_ELIMIT, "elements nested too deep");
	if (r->depth > 0)
		r->stack[r->depth - 1].parent = true;
	e = &r->stack[r->depth++];
	*e = (struct fsk_binxml_element){ .name = read_name(r->x, c), .text = r->text->len };
	if (more)
		fsk_cur_skip(c, 4);
	if (r->depth == FSK_BINXML_DEPTH_OF_SECTION)
		r->section = section_of(e->name);
	return 0;
}

static int close_element(struct fsk_binxml_reading *r, size_t at)
{
	int rc;

	if (r->depth == 0)
		return broken(r, at);
	rc = fsk_binxml_take_element(r);
	r->text->len = r->stack[--r->depth].text;
	if (r->depth < FSK_BINXML_DEPTH_OF_SECTION)
		r->section = FSK_BINXML_OTHER;
	return rc;
}

static int add_value(struct fsk_binxml_reading *r, struct value v)
{
	struct fsk_cur c;
	size_t from;
	int rc;

	if (v.n > r->x->bytes)
		return fsk_err_set(r->err, FSK_ELIMIT, "values repeated beyond reason");
	r->x->bytes -= v.n;
	if (v.n == 0)
		return 0;
	if (v.type != FSK_EVTX_XML)
		return fsk_evtx_value(r->text, v.type, v.p, v.n, r->err);
	from = (size_t) (v.p - r->x->chunk);
	c = range(r->x, from, from + v.n);
	if (r->nesting >= FSK_EVTX_DEPTH_MAX)
		return fsk_err_set(r->err, FSK_ELIMIT, "templates nested too deep");
	r->nesting++;
	rc = tokens(r, &c, NULL, true);
	r->nesting--;
	return rc;
}

/* A text with its length before it. */
static struct value counted(struct fsk_cur *c)
{
	struct value v = { .type = FSK_EVTX_STRING };

	v.n = (size_t) fsk_cur_u16le(c) * 2;
	v.p = fsk_cur_bytes(c, v.n);
	return v;
}

static int add_entity(struct fsk_binxml_reading *r, struct fsk_binxml_name name)
{
	static const struct {
		const char *name, *text;
	} known[] = {
		{ "amp", "&" }, { "lt", "<" }, { "gt", ">" }, { "quot", "\"" }, { "apos", "'" }
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (fsk_binxml_is(name, known[i].name))
			return fsk_buf_append_str(r->text, known[i].text, r->err);
	return 0;
}

/* The place of a value that says what the event is. */
static void learn_place(struct fsk_binxml_reading *r, uint16_t number)
{
	const struct fsk_binxml_element *e = r->depth > 0 ? &r->stack[r->depth - 1] : NULL;

	if (e == NULL || r->section != FSK_BINXML_SYSTEM || r->depth != FSK_BINXML_DEPTH_OF_FIELD)
		return;
	if (r->attribute.p == NULL && fsk_binxml_is(e->name, "EventID") && r->learn->id_at < 0)
		r->learn->id_at = number;
	if (r->attribute.p != NULL && r->learn->provider_at < 0 &&
	    fsk_binxml_slot_of(e->name, r->attribute) == FSK_EVTX_PROVIDER)
		r->learn->provider_at = number;
}

static int substitute(struct fsk_binxml_reading *r, struct fsk_cur *c, bool optional,
                      const struct values *v)
{
	uint16_t number = fsk_cur_u16le(c);

	fsk_cur_skip(c, 1); /* the type: that of the value counts */
	if (c->failed)
		return 0;
	if (v == NULL && r->learn != NULL)
		learn_place(r, number);
	if (v == NULL || number >= v->count)
		return 0;
	if (optional && v->at[number].type == FSK_EVTX_NULL && r->attribute.p == NULL &&
	    r->depth > 0)
		r->stack[r->depth - 1].absent = true;
	return add_value(r, v->at[number]);
}

/* --- templates --- */

static int value_heads(struct values *out, struct fsk_binxml_reading *r, struct fsk_cur *c)
{
	uint32_t count = fsk_cur_u32le(c);
	int rc;

	*out = (struct values){ 0 };
	if (c->failed || count > fsk_cur_left(c) / 4)
		return broken(r, c->pos);
	rc = spend(r, count);
	if (rc < 0)
		return rc;
	out->at = calloc(count + 1u, sizeof(*out->at));
	if (out->at == NULL)
		return out_of_memory(r);
	for (; out->count < count; out->count++) {
		out->at[out->count].n = fsk_cur_u16le(c);
		out->at[out->count].type = fsk_cur_u8(c);
		fsk_cur_skip(c, 1);
	}
	return 0;
}

/* Sizes and types of all, then their bytes. */
static int read_values(struct values *out, struct fsk_binxml_reading *r, struct fsk_cur *c)
{
	int rc = value_heads(out, r, c);

	for (size_t i = 0; rc == 0 && i < out->count; i++) {
		struct value *v = &out->at[i];

		v->p = fsk_cur_bytes(c, v->n);
		if (v->p == NULL && v->n > 0)
			return broken(r, c->pos);
	}
	return rc;
}

/* The template lies where an offset says; the first time right behind that offset. Its tokens
 * are `body` then, and `c` stands before the values. */
static bool find_template(struct fsk_cur *body, uint32_t *offset, const struct fsk_binxml *x,
                          struct fsk_cur *c)
{
	uint32_t length;

	fsk_cur_skip(c, 5); /* one byte, and the number of the template */
	*offset = fsk_cur_u32le(c);
	*body = range(x, *offset, x->size);
	fsk_cur_skip(body, TEMPLATE_HEADER - 4);
	length = fsk_cur_u32le(body);
	if (c->failed || body->failed || length > fsk_cur_left(body))
		return false;
	body->len = body->pos + length;
	if (*offset == c->pos)
		fsk_cur_skip(c, TEMPLATE_HEADER + (size_t) length);
	return !c->failed;
}

static int template(struct fsk_binxml_reading *r, struct fsk_cur *c)
{
	struct values values = { 0 };
	struct fsk_cur body;
	uint32_t offset;
	int rc;

	if (!find_template(&body, &offset, r->x, c))
		return broken(r, c->pos);
	if (r->nesting >= FSK_EVTX_DEPTH_MAX)
		return fsk_err_set(r->err, FSK_ELIMIT, "templates nested too deep");
	r->nesting++;
	rc = read_values(&values, r, c);
	if (rc == 0)
		rc = tokens(r, &body, &values, false);
	r->nesting--;
	free(values.at);
	return rc;
}

/* What stands for text. */
static int content(struct fsk_binxml_reading *r, struct fsk_cur *c, unsigned token,
                   const struct values *v)
{
	struct value text = { 0 };
	uint8_t unit[2];

	switch (token) {
	case VALUE:
		fsk_cur_skip(c, 1); /* always a text */
		text = counted(c);
		break;
	case CDATA:
		text = counted(c);
		break;
	case CHARACTER:
		fsk_cur_copy(c, unit, 2);
		text = (struct value){ unit, 2, FSK_EVTX_STRING };
		break;
	case ENTITY:
		return add_entity(r, read_name(r->x, c));
	default:
		return substitute(r, c, token == SUBSTITUTE_OPTIONAL, v);
	}
	return c->failed ? 0 : add_value(r, text);
}

/* What makes elements and attributes. */
static int markup(struct fsk_binxml_reading *r, struct fsk_cur *c, unsigned token, bool more,
                  bool inside)
{
	int rc = end_attribute(r);

	if (rc < 0)
		return rc;
	switch (token) {
	case OPEN:
		return open_element(r, c, more, inside);
	case CLOSE_START:
		return 0;
	case CLOSE_EMPTY:
	case CLOSE:
		return close_element(r, c->pos);
	case ATTRIBUTE:
		r->attribute = read_name(r->x, c);
		r->attribute_text = r->text->len;
		return r->depth == 0 ? broken(r, c->pos) : 0;
	case TARGET:
		read_name(r->x, c);
		return 0;
	default: /* an instruction for others */
		counted(c);
		return 0;
	}
}

static int token(struct fsk_binxml_reading *r, struct fsk_cur *c, unsigned byte,
                 const struct values *v, bool inside)
{
	unsigned kind = byte & ~MORE;

	switch (kind) {
	case FRAGMENT:
		fsk_cur_skip(c, 3);
		return 0;
	case TEMPLATE:
		return template(r, c);
	case VALUE:
	case CDATA:
	case CHARACTER:
	case ENTITY:
	case SUBSTITUTE:
	case SUBSTITUTE_OPTIONAL:
		return content(r, c, kind, v);
	default:
		if (kind > FRAGMENT)
			return broken(r, c->pos - 1);
		return markup(r, c, kind, (byte & MORE) != 0, inside);
	}
}

static int tokens(struct fsk_binxml_reading *r, struct fsk_cur *c, const struct values *v,
                  bool inside)
{
	int rc = 0;

	while (rc == 0 && !c->failed && fsk_cur_left(c) > 0) {
		unsigned byte = fsk_cur_u8(c);

		if (byte == END)
			return 0;
		rc = spend(r, 1);
		if (rc == 0)
			rc = token(r, c, byte, v, inside);
		if (rc == 0 && c->failed)
			rc = broken(r, c->pos);
	}
	return rc == 0 && c->failed ? broken(r, c->pos) : rc;
}

/* --- chunks --- */

void fsk_binxml_init(struct fsk_binxml *x)
{
	memset(x, 0, sizeof(*x));
	fsk_evtx_event_init(&x->scratch);
	fsk_buf_init(&x->work, FSK_EVTX_TEXT_MAX);
}

void fsk_binxml_free(struct fsk_binxml *x)
{
	fsk_evtx_event_free(&x->scratch);
	fsk_buf_free(&x->work);
}

void fsk_binxml_chunk(struct fsk_binxml *x, const uint8_t *chunk, size_t size)
{
	x->chunk = chunk;
	x->size = size;
	x->tokens = FSK_EVTX_CHUNK_TOKENS_MAX;
	x->bytes = FSK_EVTX_CHUNK_TEXT_MAX;
	fsk_templates_reset(&x->templates);
}

static void begin(struct fsk_binxml_reading *r, struct fsk_binxml *x, struct fsk_evtx_event *out,
                  struct fsk_err *err)
{
	r->x = x;
	r->out = out;
	r->learn = NULL;
	r->depth = 0;
	r->attribute = (struct fsk_binxml_name){ 0 };
	r->attribute_text = 0;
	r->section = FSK_BINXML_OTHER;
	r->text = &x->work;
	r->tokens = FSK_EVTX_TOKENS_MAX;
	r->nesting = 0;
	r->err = err;
	fsk_buf_reset(&x->work);
}

int fsk_binxml_read(struct fsk_evtx_event *out, struct fsk_binxml *x, size_t from, size_t to,
                    struct fsk_err *err)
{
	struct fsk_cur c = range(x, from, to);
	struct fsk_binxml_reading r;

	begin(&r, x, out, err);
	return tokens(&r, &c, NULL, false);
}

/* Reads a template for where it has what is looked for. */
static void learn(struct fsk_template *t, struct fsk_binxml *x, uint32_t offset,
                  struct fsk_cur *body)
{
	struct fsk_err err = { 0 };
	const char *provider;
	struct fsk_binxml_reading r;

	t->offset = offset;
	begin(&r, x, &x->scratch, &err);
	r.learn = t;
	fsk_evtx_event_reset(&x->scratch);
	t->known = tokens(&r, body, NULL, false) == 0;
	t->has_id = fsk_evtx_slot_number(&t->id, &x->scratch, FSK_EVTX_ID);
	provider = fsk_evtx_slot(&x->scratch, FSK_EVTX_PROVIDER);
	t->has_provider = provider != NULL && strlen(provider) < sizeof(t->provider);
	if (t->has_provider)
		memcpy(t->provider, provider, strlen(provider) + 1);
}

/* The value at a place of what follows at `c`. */
static bool value_at(struct value *out, const struct fsk_cur *from, int place)
{
	struct fsk_cur heads = *from, c = *from;
	uint32_t count = fsk_cur_u32le(&heads);

	if (heads.failed || count > fsk_cur_left(&heads) / 4 || (uint32_t) place >= count)
		return false;
	fsk_cur_skip(&c, 4 + (size_t) count * 4);
	for (int i = 0; i <= place; i++) {
		out->n = fsk_cur_u16le(&heads);
		out->type = fsk_cur_u8(&heads);
		fsk_cur_skip(&heads, 1);
		out->p = fsk_cur_bytes(&c, out->n);
	}
	return !c.failed && out->p != NULL;
}

static void peek_id(struct fsk_binxml_kind *out, const struct fsk_template *t,
                    const struct fsk_cur *values)
{
	struct value v;

	out->has_id = t->id_at < 0 && t->has_id;
	out->id = t->id;
	if (t->id_at < 0 || !value_at(&v, values, t->id_at) || v.type != FSK_EVTX_UINT16 ||
	    v.n != 2)
		return;
	out->has_id = true;
	out->id = (uint64_t) (v.p[0] | v.p[1] << 8);
}

static void peek_provider(struct fsk_binxml_kind *out, const struct fsk_template *t,
                          const struct fsk_cur *values)
{
	struct fsk_buf b;
	struct value v;

	out->has_provider = t->provider_at < 0 && t->has_provider;
	if (out->has_provider)
		memcpy(out->provider, t->provider, sizeof(out->provider));
	if (t->provider_at < 0 || !value_at(&v, values, t->provider_at) ||
	    v.type != FSK_EVTX_STRING || v.n == 0)
		return;
	fsk_buf_init(&b, sizeof(out->provider) - 1);
	out->has_provider = fsk_text_append_utf16le(&b, v.p, v.n, true, NULL) == 0;
	if (out->has_provider && b.len > 0)
		memcpy(out->provider, b.data, b.len);
	out->provider[out->has_provider ? b.len : 0] = '\0';
	fsk_buf_free(&b);
}

void fsk_binxml_peek(struct fsk_binxml_kind *out, struct fsk_binxml *x, size_t from, size_t to)
{
	struct fsk_cur c = range(x, from, to), body;
	struct fsk_template *t;
	uint32_t offset;

	out->has_id = out->has_provider = false;
	if (fsk_cur_u8(&c) != FRAGMENT)
		return;
	fsk_cur_skip(&c, 3);
	if (fsk_cur_u8(&c) != TEMPLATE || !find_template(&body, &offset, x, &c) || offset == 0)
		return;
	t = fsk_templates_slot(&x->templates, offset);
	if (t->offset == 0)
		learn(t, x, offset, &body);
	if (!t->known)
		return;
	peek_id(out, t, &c);
	peek_provider(out, t, &c);
}
