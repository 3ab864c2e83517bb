#include "plugins/lnk/darwin.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHARACTERS 20 /* of a GUID */

static bool parse_guid(char out[FSK_GUID_TEXT], const char *s)
{
	static const char digits[] = "!$%&'()*+,-.0123456789=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "[]^_`abcdefghijklmnopqrstuvwxyz{}~";
	uint8_t guid[16];

	if (strlen(s) < CHARACTERS)
		return false;
	for (int part = 0; part < 4; part++) {
		uint64_t n = 0;

		for (int i = 4; i >= 0; i--) {
			const char *at = strchr(digits, s[part * 5 + i]);

			if (at == NULL)
				return false;
			n = n * 85 + (uint64_t) (at - digits);
		}
		if (n > UINT32_MAX)
			return false;
		for (int i = 0; i < 4; i++)
			guid[part * 4 + i] = (uint8_t) (n >> 8 * i);
	}
	fsk_guid_text(out, guid);
	return true;
}

bool fsk_darwin_parse(struct fsk_darwin *out, const char *text)
{
	size_t n;

	memset(out, 0, sizeof(*out));
	if (!parse_guid(out->product, text))
		return false;
	text += CHARACTERS;
	n = strcspn(text, "<>");
	if (n >= sizeof(out->feature))
		return false;
	memcpy(out->feature, text, n);
	if (text[n] == '>')
		parse_guid(out->component, text + n + 1);
	return true;
}
