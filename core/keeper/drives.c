#include "core/keeper/drives.h"

#include <string.h>

static bool is_windows(const struct fsk_probed_volume *v)
{
	return strcmp(v->os, "windows") == 0;
}

/* The only source with a Windows; FSK_DRIVES_NONE when there is none or several. */
static uint32_t only_windows(const struct fsk_probe *p)
{
	uint32_t found = FSK_DRIVES_NONE;

	for (size_t i = 0; i < p->count; i++) {
		if (!is_windows(&p->volumes[i]) || p->volumes[i].source == found)
			continue;
		if (found != FSK_DRIVES_NONE)
			return FSK_DRIVES_NONE;
		found = p->volumes[i].source;
	}
	return found;
}

uint32_t fsk_drives_machine(const struct fsk_probe *p, const struct fsk_probed_volume *v)
{
	uint32_t only;

	if (v->letter == 0 || !fsk_probed_readable(p, v))
		return FSK_DRIVES_NONE;
	for (size_t i = 0; i < p->count; i++)
		if (p->volumes[i].source == v->source && is_windows(&p->volumes[i]))
			return v->source;
	only = only_windows(p);
	return only != FSK_DRIVES_NONE ? only : v->source;
}

uint32_t fsk_drives_machine_of(const struct fsk_probe *p, uint32_t source)
{
	for (size_t i = 0; i < p->count; i++) {
		uint32_t machine = p->volumes[i].source == source
		                       ? fsk_drives_machine(p, &p->volumes[i])
		                       : FSK_DRIVES_NONE;

		if (machine != FSK_DRIVES_NONE)
			return machine;
	}
	return source;
}

/* The volume of a machine that has a letter: of the same source before others. */
static const struct fsk_probed_volume *find_letter(const struct fsk_probe *p,
                                                   const struct fsk_probed_volume *v, char letter)
{
	const struct fsk_probed_volume *found = NULL;
	uint32_t machine = fsk_drives_machine(p, v);

	for (size_t i = 0; i < p->count; i++) {
		const struct fsk_probed_volume *other = &p->volumes[i];

		if (other->letter != letter || fsk_drives_machine(p, other) != machine)
			continue;
		if (found == NULL || (found->source != v->source && other->source == v->source))
			found = other;
	}
	return found;
}

/* The volume of its Windows, itself when it has one. */
static const struct fsk_probed_volume *windows_of(const struct fsk_probe *p,
                                                  const struct fsk_probed_volume *v)
{
	uint32_t machine = fsk_drives_machine(p, v);

	if (is_windows(v))
		return v;
	for (size_t i = 0; machine != FSK_DRIVES_NONE && i < p->count; i++) {
		const struct fsk_probed_volume *w = &p->volumes[i];

		/* its letter may be another's, here */
		if (is_windows(w) && fsk_drives_machine(p, w) == machine &&
		    find_letter(p, v, w->letter) == w)
			return w;
	}
	return NULL;
}

static json_t *list_drives(const struct fsk_probe *p, const struct fsk_probed_volume *v)
{
	json_t *drives = json_array();

	for (char letter = 'A'; letter <= 'Z'; letter++) {
		const struct fsk_probed_volume *d = find_letter(p, v, letter);

		if (d == NULL || letter == v->letter)
			continue;
		json_array_append_new(drives, json_pack("{s:i, s:i, s:o}", "source",
		                                        (int) d->source, "volume", (int) d->volume,
		                                        "letter", json_stringn(&d->letter, 1)));
	}
	return drives;
}

int fsk_drives_describe(json_t *head, const struct fsk_probe *p, const struct fsk_probed_volume *v,
                        struct fsk_err *err)
{
	const struct fsk_probed_volume *windows = windows_of(p, v);
	int rc = 0;

	if (fsk_drives_machine(p, v) != FSK_DRIVES_NONE)
		rc = json_object_set_new(head, "drives", list_drives(p, v));
	if (rc == 0 && windows != NULL && windows->letter != 0)
		rc = json_object_set_new(head, "system", json_stringn(&windows->letter, 1));
	if (rc == 0 && windows != NULL && windows->environment != NULL)
		rc = json_object_set(head, "environment", windows->environment);
	return rc == 0 ? 0 : fsk_err_set(err, FSK_ENOMEM, "out of memory");
}

bool fsk_drives_has(const json_t *head, const json_t *source, const json_t *volume)
{
	json_t *drive;
	size_t i;

	json_array_foreach (json_object_get(head, "drives"), i, drive)
		if (json_equal(json_object_get(drive, "source"), source) &&
		    json_equal(json_object_get(drive, "volume"), volume))
			return true;
	return false;
}
