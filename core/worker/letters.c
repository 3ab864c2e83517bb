#include "core/worker/letters.h"

#include <stdio.h>
#include <string.h>

#include "core/base/cursor.h"

#define DOS_DEVICES "\\DosDevices\\"
#define GPT_MARK "DMIO:ID:"

bool fsk_mount_parse(struct fsk_mount *out, const char *name, const uint8_t *data, size_t size)
{
	const size_t prefix = strlen(DOS_DEVICES);
	struct fsk_cur c;
	char letter;

	if (strncmp(name, DOS_DEVICES, prefix) != 0 || strlen(name) != prefix + 2 ||
	    name[prefix + 1] != ':')
		return false;
	letter = name[prefix];
	if (letter >= 'a' && letter <= 'z')
		letter = (char) (letter - 'a' + 'A');
	if (letter < 'A' || letter > 'Z')
		return false;
	out->letter = letter;
	fsk_cur_init(&c, data, size);
	if (size == 12) {
		out->gpt = false;
		out->signature = fsk_cur_u32le(&c);
		out->offset = fsk_cur_u64le(&c);
		return true;
	}
	if (size != 24 || memcmp(data, GPT_MARK, strlen(GPT_MARK)) != 0)
		return false;
	out->gpt = true;
	fsk_cur_skip(&c, strlen(GPT_MARK));
	fsk_cur_copy(&c, out->guid, sizeof(out->guid));
	return true;
}

static bool is_windows(const struct fsk_volume *v)
{
	return strcmp(v->os, "windows") == 0;
}

static bool speaks_of(const struct fsk_mount *m, const struct fsk_volume *v)
{
	if (m->gpt)
		return v->scheme == FSK_SCHEME_GPT && memcmp(m->guid, v->guid, 16) == 0;
	return v->scheme == FSK_SCHEME_MBR && v->disk_signature != 0 &&
	       m->signature == v->disk_signature && m->offset == v->offset;
}

struct set {
	struct fsk_volume **items;
	size_t count;
};

static bool letter_taken(const struct set *s, uint32_t source, char letter)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i]->source == source && s->items[i]->letter == letter)
			return true;
	return false;
}

/* The `nth` (from 0) Windows volume of a source, or NULL. */
static struct fsk_volume *windows_of(const struct set *s, uint32_t source, size_t nth)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i]->source == source && is_windows(s->items[i]) && nth-- == 0)
			return s->items[i];
	return NULL;
}

static void apply(const struct set *s, const struct fsk_mount *m, bool own_source)
{
	for (size_t i = 0; i < s->count; i++) {
		struct fsk_volume *v = s->items[i];

		if ((v->source == m->source) != own_source || v->letter || !speaks_of(m, v))
			continue;
		if (!own_source && windows_of(s, v->source, 0))
			continue;
		if (!letter_taken(s, v->source, m->letter))
			v->letter = m->letter;
	}
}

static void report_two(const struct fsk_volume *first, const struct fsk_volume *other,
                       const char *const *names, const struct fsk_anomaly_sink *sink)
{
	char object[400], reason[400], got[32] = "no letter";

	if (first->letter)
		snprintf(got, sizeof(got), "letter %c", first->letter);
	snprintf(object, sizeof(object), "volumes %u and %u of \"%.256s\"", first->index,
	         other->index, names[first->source]);
	snprintf(reason, sizeof(reason),
	         "both hold a Windows; drive letters follow volume %u, which has %s", first->index,
	         got);
	fsk_anomaly_report(sink, FSK_EAMBIGUOUS, object, reason, NULL, NULL, 0);
}

void fsk_letters_decide(struct fsk_volume **volumes, size_t nvolumes,
                        const struct fsk_mount *mounts, size_t nmounts, const char *const *names,
                        const struct fsk_anomaly_sink *sink)
{
	const struct set s = { .items = volumes, .count = nvolumes };

	for (size_t i = 0; i < nmounts; i++)
		apply(&s, &mounts[i], true);
	for (size_t i = 0; i < nmounts; i++)
		apply(&s, &mounts[i], false);
	for (size_t i = 0; i < nvolumes; i++) {
		struct fsk_volume *v = volumes[i];

		if (is_windows(v) && !v->letter && !letter_taken(&s, v->source, 'C'))
			v->letter = 'C';
	}
	for (size_t i = 0; i < nvolumes; i++) {
		struct fsk_volume *first = windows_of(&s, volumes[i]->source, 0);

		if (first && is_windows(volumes[i]) && first != volumes[i])
			report_two(first, volumes[i], names, sink);
	}
}

/* What the registry of `windows` says, of its own source or of those without a Windows:
 * others may be copies of that disk. */
static const struct fsk_volume *said(const struct set *s, const struct fsk_mount *mounts,
                                     size_t nmounts, const struct fsk_volume *windows, char letter,
                                     bool own_source)
{
	for (size_t k = 0; k < nmounts; k++) {
		const struct fsk_mount *m = &mounts[k];

		if (m->source != windows->source || m->volume != windows->index ||
		    m->letter != letter)
			continue;
		for (size_t i = 0; i < s->count; i++) {
			const struct fsk_volume *v = s->items[i];

			if (speaks_of(m, v) && (v->source == m->source) == own_source &&
			    (own_source || !windows_of(s, v->source, 0)))
				return v;
		}
	}
	return NULL;
}

const struct fsk_volume *fsk_letters_find(struct fsk_volume **volumes, size_t nvolumes,
                                          const struct fsk_mount *mounts, size_t nmounts,
                                          const struct fsk_volume *windows, char letter)
{
	const struct set s = { .items = volumes, .count = nvolumes };
	const struct fsk_volume *v = said(&s, mounts, nmounts, windows, letter, true);

	if (!v)
		v = said(&s, mounts, nmounts, windows, letter, false);
	for (size_t i = 0; !v && i < nvolumes; i++)
		if (volumes[i]->source == windows->source && volumes[i]->letter == letter)
			v = volumes[i];
	return v;
}
