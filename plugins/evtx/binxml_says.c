/* What the elements and attributes of an event say, and in which slot or item it is kept. */
#include "plugins/evtx/binxml_impl.h"

#include <string.h>

#include "core/base/text.h"

bool fsk_binxml_is(struct fsk_binxml_name name, const char *text)
{
	size_t n = strlen(text);

	if (name.p == NULL || name.n != n * 2)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name.p[i * 2] != (uint8_t) text[i] || name.p[i * 2 + 1] != 0)
			return false;
	return true;
}

static int keep_slot(struct fsk_binxml_reading *r, enum fsk_evtx_slot slot, const uint8_t *p,
                     size_t n)
{
	if (n == 0 || r->out->slots[slot].there)
		return 0;
	return fsk_evtx_keep(&r->out->slots[slot], r->out, p, strnlen((const char *) p, n), r->err);
}

/* Elements of System that are told by their text. */
static int slot_of_element(struct fsk_binxml_name name)
{
	static const struct {
		const char *name;
		int slot;
	} known[] = {
		{ "EventID", FSK_EVTX_ID },      { "Version", FSK_EVTX_VERSION },
		{ "Level", FSK_EVTX_LEVEL },     { "Task", FSK_EVTX_TASK },
		{ "Opcode", FSK_EVTX_OPCODE },   { "Keywords", FSK_EVTX_KEYWORDS },
		{ "Channel", FSK_EVTX_CHANNEL }, { "Computer", FSK_EVTX_COMPUTER },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (fsk_binxml_is(name, known[i].name))
			return known[i].slot;
	return -1;
}

int fsk_binxml_slot_of(struct fsk_binxml_name element, struct fsk_binxml_name attribute)
{
	static const struct {
		const char *element, *attribute;
		int slot;
	} known[] = {
		{ "Provider", "Name", FSK_EVTX_PROVIDER },
		{ "TimeCreated", "SystemTime", FSK_EVTX_TIME },
		{ "Security", "UserID", FSK_EVTX_USER },
		{ "Execution", "ProcessID", FSK_EVTX_PROCESS },
		{ "Execution", "ThreadID", FSK_EVTX_THREAD },
		{ "Correlation", "ActivityID", FSK_EVTX_ACTIVITY },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (fsk_binxml_is(element, known[i].element) &&
		    fsk_binxml_is(attribute, known[i].attribute))
			return known[i].slot;
	return -1;
}

/* The name of an element, or "element@attribute". */
static int keep_name(struct fsk_evtx_text *out, struct fsk_binxml_reading *r,
                     struct fsk_binxml_name element, struct fsk_binxml_name attribute)
{
	struct fsk_buf *b = &r->out->texts;
	size_t at = b->len;
	int rc = fsk_text_append_utf16le(b, element.p, element.n, true, r->err);

	if (rc == 0 && attribute.p != NULL)
		rc = fsk_buf_append_u8(b, '@', r->err);
	if (rc == 0 && attribute.p != NULL)
		rc = fsk_text_append_utf16le(b, attribute.p, attribute.n, true, r->err);
	*out = (struct fsk_evtx_text){ at, b->len - at, true };
	return rc == 0 ? fsk_buf_append_u8(b, 0, r->err) : rc;
}

static int data_element(struct fsk_binxml_reading *r, const struct fsk_binxml_element *e,
                        const uint8_t *p, size_t n)
{
	struct fsk_evtx_text name = e->key;
	int rc = 0;

	if (!name.there && !fsk_binxml_is(e->name, "Data"))
		rc = keep_name(&name, r, e->name, (struct fsk_binxml_name){ 0 });
	return rc == 0 ? fsk_evtx_add(r->out, &name, p, n, r->err) : rc;
}

int fsk_binxml_take_element(struct fsk_binxml_reading *r)
{
	const struct fsk_binxml_element *e = &r->stack[r->depth - 1];
	size_t n = r->text->len - e->text;
	const uint8_t *p = n > 0 ? r->text->data + e->text : (const uint8_t *) "";
	int slot;

	if (r->depth < FSK_BINXML_DEPTH_OF_FIELD || e->parent || (e->absent && n == 0))
		return 0;
	if (r->section == FSK_BINXML_DATA)
		return data_element(r, e, p, n);
	if (r->depth > FSK_BINXML_DEPTH_OF_FIELD)
		return 0;
	if (r->section == FSK_BINXML_RENDERING)
		return fsk_binxml_is(e->name, "Message") ? keep_slot(r, FSK_EVTX_MESSAGE, p, n) : 0;
	slot = r->section == FSK_BINXML_SYSTEM ? slot_of_element(e->name) : -1;
	return slot >= 0 ? keep_slot(r, (enum fsk_evtx_slot) slot, p, n) : 0;
}

/* Of the namespaces nobody learns anything. */
static bool is_namespace(struct fsk_binxml_name attribute)
{
	return attribute.n >= 10 &&
	       fsk_binxml_is((struct fsk_binxml_name){ attribute.p, 10 }, "xmlns");
}

int fsk_binxml_take_attribute(struct fsk_binxml_reading *r)
{
	struct fsk_binxml_element *e = &r->stack[r->depth - 1];
	const uint8_t *p = r->text->data + r->attribute_text;
	size_t n = r->text->len - r->attribute_text;
	struct fsk_evtx_text name;
	int rc, slot;

	if (n == 0)
		return 0;
	if (r->section == FSK_BINXML_SYSTEM && r->depth == FSK_BINXML_DEPTH_OF_FIELD) {
		slot = fsk_binxml_slot_of(e->name, r->attribute);
		return slot >= 0 ? keep_slot(r, (enum fsk_evtx_slot) slot, p, n) : 0;
	}
	if (r->section != FSK_BINXML_DATA || is_namespace(r->attribute))
		return 0;
	if (r->depth >= FSK_BINXML_DEPTH_OF_FIELD && fsk_binxml_is(r->attribute, "Name"))
		return fsk_evtx_keep(&e->key, r->out, p, strnlen((const char *) p, n), r->err);
	rc = keep_name(&name, r, e->name, r->attribute);
	return rc == 0 ? fsk_evtx_add(r->out, &name, p, n, r->err) : rc;
}
