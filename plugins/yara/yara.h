/* Rules of the analyst, by libyara, against files of the evidence.
 *
 * Rules are compiled from text that is in memory; `include` is refused. Each file is a
 * namespace of its own, with its name, so that two files may have rules of the same name; a rule
 * cannot refer to one of another file. Rules see the external variables that THOR and LOKI give
 * them:
 *
 *   filename   "tool.exe"
 *   filepath   the folder: "C:\Users\ann\Downloads"
 *   extension  ".exe", lower case
 *   filetype   "EXE", "ZIP", "PDF", or "UNKNOWN"
 *   owner      "", which is not known here
 *
 * Modules are those of libyara but `time` (results would depend on the clock) and `magic` and
 * `cuckoo` (both need files that a worker cannot open). */
#ifndef FSK_PLUGINS_YARA_H
#define FSK_PLUGINS_YARA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/limits.h"
#include "plugins/shared/input.h"

struct fsk_yara;

struct fsk_yara_source {
	const char *name; /* of the file; becomes the namespace */
	const char *text;
	size_t len;
};

/* Something about a file of rules: an error, and then nothing of the file is used, or a warning,
 * such as a string that slows down scanning. */
struct fsk_yara_problem {
	char *file;
	int line; /* 0: the file as a whole */
	bool warning;
	char *text;
};

/* Compiles. Files with errors are left out and told; all of them may be. FSK_ENOMEM, FSK_ELIMIT
 * (FSK_YARA_FILES_MAX). Free with fsk_yara_free (NULL is allowed). */
int fsk_yara_compile(struct fsk_yara **out, const struct fsk_yara_source *sources, size_t n,
                     struct fsk_err *err);
void fsk_yara_free(struct fsk_yara *y);

/* How many rules were compiled. */
size_t fsk_yara_rules(const struct fsk_yara *y);
/* `*n` of them, in the order of files and lines; FSK_YARA_PROBLEMS_MAX at most. Borrowed. */
const struct fsk_yara_problem *fsk_yara_problems(const struct fsk_yara *y, size_t *n);

struct fsk_yara_scan {
	const char *path; /* as people of that system write it, for the external variables */
	int seconds;      /* wall clock; from 1 */
};

/* Matches of a file: an array of
 *
 *   { "rule", "namespace", "tags": [...], "meta": {...}, "found": n,
 *     "strings": [{ "id", "offset", "length", "data" }] }
 *
 * rules in the order of files and lines, strings in the order of the rule and then by offset, the
 * first FSK_YARA_STRINGS_MAX of a rule (`found` counts all); `data` are the first 64 bytes. A file
 * up to FSK_YARA_WHOLE_MAX is in memory as a whole; a larger one comes in pieces that overlap, and
 * conditions on more than one piece (hash.md5 of the whole file, a long distance) do not hold.
 * `notes` (an array of texts) tells this, and strings that match too often. FSK_ELIMIT when the
 * time is up or memory is short; FSK_EUNSUPPORTED for other errors of libyara. */
int fsk_yara_scan(json_t **matches, json_t **notes, const struct fsk_yara *y,
                  const struct fsk_input *in, const struct fsk_yara_scan *how, struct fsk_err *err);

/* Version of libyara. */
const char *fsk_yara_library(void);

#endif
