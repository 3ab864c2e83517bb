#include "plugins/evtx/template.h"

#include <string.h>

void fsk_templates_reset(struct fsk_templates *t)
{
	for (size_t i = 0; i < FSK_TEMPLATES; i++)
		t->at[i].offset = 0;
}

struct fsk_template *fsk_templates_slot(struct fsk_templates *t, uint32_t offset)
{
	struct fsk_template *out = &t->at[(offset ^ offset >> 8) % FSK_TEMPLATES];

	if (out->offset != offset) {
		memset(out, 0, sizeof(*out));
		out->id_at = out->provider_at = -1;
	}
	return out;
}
