/* What the files of stix*.c share. */
#ifndef FSK_KEEPER_STIX_IMPL_H
#define FSK_KEEPER_STIX_IMPL_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/time.h"
#include "core/keeper/stix.h"

struct fsk_stix {
	json_t *findings, *verdicts, *collection;
	size_t bytes;  /* of the rows */
	json_t *files; /* locator as a line -> manifest row, null while there is none */
	json_t *paths; /* source/volume/path of these -> does something lie below it? */
	/* the bundle in the making */
	json_t *objects, *known; /* list; id -> true */
	const char *run;         /* SHA-256 of the manifest */
	fsk_time started, ended;
	char created[FSK_TIME_STR_MAX];
	const char *tool; /* id */
	bool failed;      /* there was no memory */
};

/* One finding on its way. Ids are borrowed from the objects. */
struct fsk_stix_finding {
	const json_t *row;
	const char *title, *severity, *sign;
	const json_t *fields, *evidence;
	int confidence;       /* 0 to 100 */
	fsk_time first, last; /* of the event; NONE: the finding tells no time */
	const char *machine;  /* id of its identity, or NULL */
	json_t *observables;  /* ids */
	json_t *observed;     /* ids of observed-data: one or none */
};

/* --- stix_id.c --- */

/* Canonical JSON (RFC 8785) of values without reals. The caller frees. */
char *fsk_stix_canonical(const json_t *j);
/* Adds an object, which is taken over, unless one of that id is there. Returns its
 * id, NULL without memory. Of observables the id is made from what contributes to it;
 * `shared`: it is made from what the object is (external id, or name), and created is the
 * same everywhere. */
const char *fsk_stix_observable(struct fsk_stix *s, json_t *object);
const char *fsk_stix_object(struct fsk_stix *s, json_t *object, bool shared);
/* The id of the bundle; new reference. */
json_t *fsk_stix_bundle_id(const struct fsk_stix *s);

/* Shorthands: texts that may be missing. */
const char *fsk_stix_text(const json_t *o, const char *key); /* NULL: no string, or "" */
void fsk_stix_set_time(json_t *o, const char *key, fsk_time t);
/* As evidence has it: FSK_TIME_NONE when it is none. */
fsk_time fsk_stix_time(const json_t *o, const char *key);

/* --- stix_observables.c --- */

/* The volume of a locator in collection.json, or NULL. */
const json_t *fsk_stix_volume(const struct fsk_stix *s, const json_t *source, const json_t *volume);
/* Adds what the finding is about; fills in `observables`. */
void fsk_stix_observe(struct fsk_stix *s, struct fsk_stix_finding *f);
/* Is that the name of a host? */
bool fsk_stix_is_host(const char *s);

/* --- stix_references.c --- */

/* external-reference for "attack:…", "cve:…", a URL or any other text. New reference. */
json_t *fsk_stix_reference(const char *text);
json_t *fsk_stix_references(const json_t *texts);
/* The object that a reference stands for, added if need be, or NULL. `*seen`: a finding
 * that refers to it has seen it. */
const char *fsk_stix_referred(struct fsk_stix *s, const char *text, bool *seen);
/* Adds what is to be looked for elsewhere, or returns NULL. */
const char *fsk_stix_indicator(struct fsk_stix *s, const struct fsk_stix_finding *f);

/* --- stix_notes.c --- */

/* Texts of one line for each statement; the caller frees. NULL without memory. */
char *fsk_stix_finding_text(const struct fsk_stix *s, const struct fsk_stix_finding *f);
char *fsk_stix_verdict_text(const json_t *verdict);

#endif
