/* A property list of any form: everything of it is read and visited. */
#include <stdint.h>
#include <stdlib.h>

#include "plugins/plist/plist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t visit(const struct fsk_plist *p, uint32_t at)
{
	const struct fsk_plist_value *v = &p->at[at];
	size_t n = v->len;

	if (v->key + 1 > p->text.len + 1 || v->text + v->len > p->text.len)
		abort();
	for (uint32_t i = v->first; i != 0; i = p->at[i].next)
		n += visit(p, i);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_plist p;

	if (fsk_plist_read(&p, data, size, NULL) == 0 && visit(&p, 0) > p.text.len)
		abort();
	fsk_plist_free(&p);
	return 0;
}
