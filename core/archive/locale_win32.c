#include "core/archive/readback.h"

/* libarchive keeps names as UTF-16 here, whatever the locale. */
void *fsk_locale_enter_utf8(void)
{
	return NULL;
}

void fsk_locale_leave(void *before)
{
	(void) before;
}
