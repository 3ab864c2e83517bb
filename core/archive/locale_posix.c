#include <locale.h>

#include "core/archive/readback.h"

void *fsk_locale_enter_utf8(void)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);

	if (utf8 == (locale_t) 0)
		return NULL;
	return (void *) uselocale(utf8);
}

void fsk_locale_leave(void *before)
{
	locale_t utf8;

	if (before == NULL)
		return;
	utf8 = uselocale((locale_t) before);
	freelocale(utf8);
}
