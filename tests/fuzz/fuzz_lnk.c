/* A shortcut: everything of it is read. */
#include <stdint.h>
#include <stdlib.h>

#include "plugins/lnk/darwin.h"
#include "plugins/lnk/shortcut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_darwin d;
	struct fsk_lnk l;
	const char *from;

	if (fsk_lnk_read(&l, data, size, NULL) == 0) {
		fsk_lnk_target(&l, &from);
		if (l.text[FSK_LNK_DARWIN] != NULL)
			fsk_darwin_parse(&d, l.text[FSK_LNK_DARWIN]);
	}
	fsk_lnk_free(&l);
	return 0;
}
