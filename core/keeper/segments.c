#include "core/keeper/segments.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define EXTENSION_MAX 8

static const char *extension_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *dot = strrchr(slash != NULL ? slash + 1 : name, '.');

	return dot != NULL && strlen(dot + 1) < EXTENSION_MAX ? dot + 1 : NULL;
}

static bool is_ewf_first(const char *ext)
{
	return strlen(ext) == 3 && strchr("EeSsLl", ext[0]) != NULL && strcmp(ext + 1, "01") == 0;
}

/* "000", "001", "01", …: zeros, and a last digit of 0 or 1 */
static bool is_number_first(const char *ext)
{
	size_t n = strlen(ext);

	return n >= 2 && strspn(ext, "0") >= n - 1 && (ext[n - 1] == '0' || ext[n - 1] == '1');
}

static bool is_letter_first(const char *ext)
{
	size_t n = strlen(ext);

	return n >= 2 && n <= 4 && (strspn(ext, "a") == n || strspn(ext, "A") == n);
}

enum fsk_segment_scheme fsk_segment_scheme_of(const char *name)
{
	const char *ext = extension_of(name);

	if (ext == NULL)
		return FSK_SEGMENTS_NONE;
	if (is_ewf_first(ext))
		return FSK_SEGMENTS_EWF;
	if (is_number_first(ext))
		return FSK_SEGMENTS_NUMBER;
	return is_letter_first(ext) ? FSK_SEGMENTS_LETTER : FSK_SEGMENTS_NONE;
}

static bool ewf_extension(char *out, const char *first, uint32_t n)
{
	bool lower = islower((unsigned char) first[0]) != 0;
	uint32_t letters;
	int lead;

	if (n < 99) {
		snprintf(out, EXTENSION_MAX, "%c%02u", first[0], (unsigned) (n + 1) % 100u);
		return true;
	}
	letters = n - 99;
	if (letters / 676 > 25)
		return false;
	lead = first[0] + (int) (letters / 676);
	if (lead > (lower ? 'z' : 'Z'))
		return false;
	out[0] = (char) lead;
	out[1] = (char) ((lower ? 'a' : 'A') + (int) (letters % 676 / 26));
	out[2] = (char) ((lower ? 'a' : 'A') + (int) (letters % 26));
	out[3] = '\0';
	return true;
}

static bool number_extension(char *out, const char *first, uint32_t n)
{
	size_t width = strlen(first);
	int len = snprintf(out, EXTENSION_MAX, "%0*u", (int) width,
	                   (unsigned) (first[width - 1] - '0') + n);

	return len > 0 && (size_t) len == width;
}

static bool letter_extension(char *out, const char *first, uint32_t n)
{
	size_t width = strlen(first);

	memcpy(out, first, width + 1);
	for (size_t i = width; i-- > 0; n /= 26)
		out[i] = (char) (first[0] + (int) (n % 26));
	return n == 0;
}

bool fsk_segment_name(char *out, size_t cap, const char *first, uint32_t n)
{
	const char *ext = extension_of(first);
	char next[EXTENSION_MAX];
	bool there;
	int len;

	switch (fsk_segment_scheme_of(first)) {
	case FSK_SEGMENTS_EWF:
		there = ewf_extension(next, ext, n);
		break;
	case FSK_SEGMENTS_NUMBER:
		there = number_extension(next, ext, n);
		break;
	case FSK_SEGMENTS_LETTER:
		there = letter_extension(next, ext, n);
		break;
	default:
		return false;
	}
	if (!there)
		return false;
	len = snprintf(out, cap, "%.*s%s", (int) (ext - first), first, next);
	return len > 0 && (size_t) len < cap;
}
