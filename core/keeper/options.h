/* The command line of `fossick`. */
#ifndef FSK_KEEPER_OPTIONS_H
#define FSK_KEEPER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/limits.h"

/* Exit statuses, also in fossick(1). */
enum fsk_exit {
	FSK_EXIT_COMPLETE = 0,
	FSK_EXIT_ANOMALIES = 1,
	FSK_EXIT_NOTHING = 2,
	FSK_EXIT_USAGE = 64,
	FSK_EXIT_SOFTWARE = 70,
	FSK_EXIT_CANNOT_CREATE = 73,
	FSK_EXIT_NO_SANDBOX = 77
};

#define FSK_OPTION_LOGS_MAX 3u
#define FSK_OPTION_SETS_MAX 64u
#define FSK_OPTION_GIVEN_MAX 256u

enum fsk_command {
	FSK_CMD_NONE,
	FSK_CMD_COLLECT,
	FSK_CMD_INFO,
	FSK_CMD_LS,
	FSK_CMD_CAT,
	FSK_CMD_HASH,
	FSK_CMD_VERIFY,
	FSK_CMD_HIVE,
	FSK_CMD_RECOVER,
	FSK_CMD_EXPORT,
	FSK_CMD_PLUGIN_LIST,
	FSK_CMD_PLUGIN_CHECK,
	FSK_CMD_COUNT
};

/* A file or folder that the analyst gives to plugins. */
struct fsk_given {
	const char *kind; /* "ioc", "yara" */
	const char *path;
};

/* Strings are borrowed from argv. */
struct fsk_options {
	enum fsk_command command;
	char *const *args; /* positional arguments of the command */
	size_t nargs;
	bool help, version; /* asked for; nothing else was checked then */

	const char *out_dir;                   /* "." */
	const char *out_file;                  /* -o of a command that writes one; NULL: none */
	const char *select;                    /* -p: profiles and plugins, comma separated */
	const char *case_id, *examiner, *note; /* "" when not given */
	const char *label;                     /* NULL: made from the first source */
	const char *data_dir;                  /* NULL: found beside the program */
	unsigned workers;                      /* 0: one per core, one for a device */
	uint64_t limit_size;                   /* bytes; larger files are recorded, not collected */
	uint64_t memory;                       /* bytes a worker may hold */
	unsigned step_seconds;
	int level; /* deflate, 0..12; -1: the archive's default */
	bool dry_run, explain, require_sandbox, no_index, json, self, deleted, detailed, bodyfile,
	    compare, stix;
	bool all_digests;                      /* MD5, SHA-1 and SHA-256 */
	const char *only;                      /* digests, comma separated; NULL: those stored */
	const char *logs[FSK_OPTION_LOGS_MAX]; /* --log, in the order given */
	size_t nlogs;
	const char *sets[FSK_OPTION_SETS_MAX]; /* --set, PLUGIN.OPTION=VALUE */
	size_t nsets;
	struct fsk_given given[FSK_OPTION_GIVEN_MAX]; /* --ioc, --yara, in the order given */
	size_t ngiven;
	const char *recipients[FSK_RECIPIENTS_MAX]; /* --export-payloads: files of certificates */
	size_t nrecipients;
	const char *write_to; /* --write; NULL: nothing is written */
	int verbosity;        /* -1 with -q, 0, 1 and more with -v */
};

/* Reads the command line. FSK_EINVAL says what is wrong with it; the caller
 * prints that and fsk_usage_hint. Reorders argv. */
int fsk_options_parse(struct fsk_options *out, int argc, char **argv, struct fsk_err *err);

/* "collect", "plugin list", … */
const char *fsk_command_name(enum fsk_command c);

/* "10", "64K", "3M", "16G", "2T" (powers of 1024). FSK_EINVAL. */
int fsk_parse_size(uint64_t *out, const char *text, struct fsk_err *err);

#endif
