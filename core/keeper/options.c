#include "core/keeper/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/limits.h"

/* Which commands take which option: one bit a command. */
#define ON(c) (1u << (c))
#define ALL (~0u)
#define READS                                                                        \
	(ON(FSK_CMD_COLLECT) | ON(FSK_CMD_INFO) | ON(FSK_CMD_LS) | ON(FSK_CMD_CAT) | \
	 ON(FSK_CMD_HASH) | ON(FSK_CMD_VERIFY) | ON(FSK_CMD_HIVE))
#define NAMES (ON(FSK_CMD_COLLECT) | ON(FSK_CMD_LS) | ON(FSK_CMD_CAT) | ON(FSK_CMD_HASH))
#define HASHES (ON(FSK_CMD_HASH) | ON(FSK_CMD_VERIFY))
#define PLUGINS (ON(FSK_CMD_COLLECT) | ON(FSK_CMD_PLUGIN_LIST) | ON(FSK_CMD_PLUGIN_CHECK))
#define COLLECT ON(FSK_CMD_COLLECT)

enum {
	OPT_CASE = 256,
	OPT_EXAMINER,
	OPT_NOTE,
	OPT_LABEL,
	OPT_DATA,
	OPT_LIMIT,
	OPT_STEP,
	OPT_MEMORY,
	OPT_LEVEL,
	OPT_SANDBOX,
	OPT_NO_INDEX,
	OPT_EXPLAIN,
	OPT_JSON,
	OPT_ALL,
	OPT_ONLY,
	OPT_SELF,
	OPT_BODYFILE,
	OPT_LOG,
	OPT_SET,
	OPT_WRITE,
	OPT_COMPARE,
	OPT_IOC,
	OPT_YARA,
	OPT_PAYLOADS,
	OPT_STIX,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "profile", required_argument, NULL, 'p' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "long", no_argument, NULL, 'l' },
	{ "deleted", no_argument, NULL, 'd' },
	{ "case", required_argument, NULL, OPT_CASE },
	{ "examiner", required_argument, NULL, OPT_EXAMINER },
	{ "note", required_argument, NULL, OPT_NOTE },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "data", required_argument, NULL, OPT_DATA },
	{ "limit-size", required_argument, NULL, OPT_LIMIT },
	{ "step-time", required_argument, NULL, OPT_STEP },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "level", required_argument, NULL, OPT_LEVEL },
	{ "require-sandbox", no_argument, NULL, OPT_SANDBOX },
	{ "no-index", no_argument, NULL, OPT_NO_INDEX },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "all-digests", no_argument, NULL, OPT_ALL },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "self", no_argument, NULL, OPT_SELF },
	{ "bodyfile", no_argument, NULL, OPT_BODYFILE },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "set", required_argument, NULL, OPT_SET },
	{ "write", required_argument, NULL, OPT_WRITE },
	{ "compare", no_argument, NULL, OPT_COMPARE },
	{ "ioc", required_argument, NULL, OPT_IOC },
	{ "yara", required_argument, NULL, OPT_YARA },
	{ "export-payloads", required_argument, NULL, OPT_PAYLOADS },
	{ "stix", no_argument, NULL, OPT_STIX },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const struct {
	int opt;
	unsigned commands;
} permitted[] = {
	{ 'o', COLLECT | ON(FSK_CMD_EXPORT) },
	{ 'p', COLLECT },
	{ 'j', COLLECT | HASHES },
	{ 'n', COLLECT },
	{ 'q', ALL },
	{ 'v', ALL },
	{ 'h', ALL },
	{ 'l', ON(FSK_CMD_LS) },
	{ 'd', ON(FSK_CMD_LS) | ON(FSK_CMD_CAT) | ON(FSK_CMD_HASH) },
	{ OPT_ALL, HASHES },
	{ OPT_ONLY, ON(FSK_CMD_VERIFY) },
	{ OPT_CASE, COLLECT },
	{ OPT_EXAMINER, COLLECT },
	{ OPT_NOTE, COLLECT },
	{ OPT_LABEL, COLLECT },
	{ OPT_DATA, PLUGINS },
	{ OPT_LIMIT, COLLECT },
	{ OPT_STEP, READS | ON(FSK_CMD_PLUGIN_CHECK) },
	{ OPT_MEMORY, READS | ON(FSK_CMD_PLUGIN_CHECK) },
	{ OPT_LEVEL, COLLECT },
	{ OPT_SET, COLLECT },
	{ OPT_SANDBOX, READS },
	{ OPT_NO_INDEX, NAMES },
	{ OPT_EXPLAIN, COLLECT },
	{ OPT_JSON, COLLECT | ON(FSK_CMD_INFO) | ON(FSK_CMD_LS) | ON(FSK_CMD_HIVE) | HASHES |
	                ON(FSK_CMD_PLUGIN_LIST) },
	{ OPT_SELF, ON(FSK_CMD_INFO) },
	{ OPT_BODYFILE, ON(FSK_CMD_LS) },
	{ OPT_LOG, ON(FSK_CMD_HIVE) },
	{ OPT_WRITE, ON(FSK_CMD_HIVE) },
	{ OPT_COMPARE, ON(FSK_CMD_HIVE) },
	{ OPT_IOC, COLLECT | ON(FSK_CMD_PLUGIN_CHECK) },
	{ OPT_YARA, COLLECT | ON(FSK_CMD_PLUGIN_CHECK) },
	{ OPT_PAYLOADS, COLLECT },
	{ OPT_STIX, ON(FSK_CMD_EXPORT) },
	{ OPT_VERSION, ALL },
};

static const struct {
	const char *name;
	size_t min_args, max_args;
	const char *arguments; /* for the message when they are missing */
} commands[FSK_CMD_COUNT] = {
	[FSK_CMD_NONE] = { "", 0, 0, "" },
	[FSK_CMD_COLLECT] = { "collect", 1, FSK_SOURCES_MAX, "a SOURCE" },
	[FSK_CMD_INFO] = { "info", 1, 1, "a SOURCE or --self" },
	[FSK_CMD_LS] = { "ls", 1, 2, "a SOURCE" },
	[FSK_CMD_CAT] = { "cat", 2, 2, "a SOURCE and a GLOB" },
	[FSK_CMD_HASH] = { "hash", 1, 2, "a SOURCE" },
	[FSK_CMD_VERIFY] = { "verify", 1, 1, "an ARCHIVE or a SOURCE" },
	[FSK_CMD_HIVE] = { "hive", 1, 1, "a FILE" },
	[FSK_CMD_RECOVER] = { "recover", 1, 1, "an ARCHIVE" },
	[FSK_CMD_EXPORT] = { "export", 1, 1, "an ARCHIVE" },
	[FSK_CMD_PLUGIN_LIST] = { "plugin list", 0, 0, "" },
	[FSK_CMD_PLUGIN_CHECK] = { "plugin check", 0, FSK_PLUGINS_MAX, "" },
};

const char *fsk_command_name(enum fsk_command c)
{
	return commands[c].name;
}

int fsk_parse_size(uint64_t *out, const char *text, struct fsk_err *err)
{
	static const char units[] = "KMGT";
	unsigned long long n;
	unsigned shift = 0;
	char *end;

	if (!isdigit((unsigned char) text[0]))
		return fsk_err_set(err, FSK_EINVAL, "\"%s\" is not a size", text);
	n = strtoull(text, &end, 10);
	if (*end != '\0') {
		const char *unit = strchr(units, toupper((unsigned char) *end));
		if (unit == NULL || (end[1] != '\0' && strcmp(end + 1, "iB") != 0))
			return fsk_err_set(err, FSK_EINVAL,
			                   "\"%s\" is not a size such as 512M or 16G", text);
		shift = 10 * (unsigned) (unit - units + 1);
	}
	if (n == 0 || n > UINT64_MAX >> 1 >> shift)
		return fsk_err_set(err, FSK_EINVAL, "size \"%s\" is out of range", text);
	*out = (uint64_t) n << shift;
	return 0;
}

static int parse_number(long *out, const char *what, const char *text, long min, long max,
                        struct fsk_err *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < min || n > max)
		return fsk_err_set(err, FSK_EINVAL, "%s wants a number from %ld to %ld, not \"%s\"",
		                   what, min, max, text);
	*out = n;
	return 0;
}

static bool option_permitted(int opt, enum fsk_command c)
{
	for (size_t i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++)
		if (permitted[i].opt == opt)
			return (permitted[i].commands & ON(c)) != 0;
	return false;
}

static int add_log(struct fsk_options *o, const char *arg, struct fsk_err *err)
{
	if (o->nlogs == FSK_OPTION_LOGS_MAX)
		return fsk_err_set(err, FSK_EINVAL, "a hive has at most %u logs",
		                   FSK_OPTION_LOGS_MAX);
	o->logs[o->nlogs++] = arg;
	return 0;
}

static int add_recipient(struct fsk_options *o, const char *arg, struct fsk_err *err)
{
	if (o->nrecipients == FSK_RECIPIENTS_MAX)
		return fsk_err_set(err, FSK_EINVAL, "--export-payloads can stand %u times",
		                   FSK_RECIPIENTS_MAX);
	o->recipients[o->nrecipients++] = arg;
	return 0;
}

static int add_set(struct fsk_options *o, const char *arg, struct fsk_err *err)
{
	const char *dot = strchr(arg, '.'), *equals = strchr(arg, '=');

	if (dot == NULL || equals == NULL || dot == arg || dot > equals || dot + 1 == equals)
		return fsk_err_set(err, FSK_EINVAL, "--set wants PLUGIN.OPTION=VALUE, not \"%s\"",
		                   arg);
	if (o->nsets == FSK_OPTION_SETS_MAX)
		return fsk_err_set(err, FSK_EINVAL, "--set can stand %u times",
		                   FSK_OPTION_SETS_MAX);
	o->sets[o->nsets++] = arg;
	return 0;
}

static int add_given(struct fsk_options *o, const char *kind, const char *path, struct fsk_err *err)
{
	if (path[0] == '\0')
		return fsk_err_set(err, FSK_EINVAL, "--%s wants a file or a folder", kind);
	if (o->ngiven == FSK_OPTION_GIVEN_MAX)
		return fsk_err_set(err, FSK_EINVAL, "--ioc and --yara can stand %u times",
		                   FSK_OPTION_GIVEN_MAX);
	o->given[o->ngiven++] = (struct fsk_given){ .kind = kind, .path = path };
	return 0;
}

static int take_digests(struct fsk_options *o, const char *arg, struct fsk_err *err)
{
	for (const char *p = arg; p != NULL; p = strchr(p, ',')) {
		p += p != arg;
		if (fsk_digest_named(p, strcspn(p, ",")) == 0)
			return fsk_err_set(err, FSK_EINVAL,
			                   "--only wants md5, sha1 and sha256, not \"%s\"", arg);
	}
	o->only = arg;
	return 0;
}

/* Options whose argument may be refused. */
static int apply_parsed(struct fsk_options *o, int opt, const char *arg, struct fsk_err *err)
{
	long n = 0;
	int rc;

	switch (opt) {
	case 'j':
		rc = parse_number(&n, "--jobs", arg, 1, FSK_WORKERS_MAX, err);
		o->workers = (unsigned) n;
		return rc;
	case OPT_STEP:
		rc = parse_number(&n, "--step-time", arg, 1, 86400, err);
		o->step_seconds = (unsigned) n;
		return rc;
	case OPT_LEVEL:
		rc = parse_number(&n, "--level", arg, 0, 12, err);
		o->level = (int) n;
		return rc;
	case OPT_LIMIT:
		return fsk_parse_size(&o->limit_size, arg, err);
	case OPT_MEMORY:
		return fsk_parse_size(&o->memory, arg, err);
	case OPT_ONLY:
		return take_digests(o, arg, err);
	case OPT_LOG:
		return add_log(o, arg, err);
	case OPT_SET:
		return add_set(o, arg, err);
	case OPT_IOC:
		return add_given(o, "ioc", arg, err);
	case OPT_YARA:
		return add_given(o, "yara", arg, err);
	case OPT_PAYLOADS:
		return add_recipient(o, arg, err);
	default:
		return fsk_err_set(err, FSK_EINVAL, "unknown option");
	}
}

/* What an option without an argument switches on; NULL if it is something else. */
static bool *flag_of(struct fsk_options *o, int opt)
{
	switch (opt) {
	case 'n':
		return &o->dry_run;
	case OPT_EXPLAIN:
		return &o->explain;
	case 'h':
		return &o->help;
	case 'l':
		return &o->detailed;
	case 'd':
		return &o->deleted;
	case OPT_SANDBOX:
		return &o->require_sandbox;
	case OPT_NO_INDEX:
		return &o->no_index;
	case OPT_JSON:
		return &o->json;
	case OPT_ALL:
		return &o->all_digests;
	case OPT_SELF:
		return &o->self;
	case OPT_BODYFILE:
		return &o->bodyfile;
	case OPT_COMPARE:
		return &o->compare;
	case OPT_STIX:
		return &o->stix;
	case OPT_VERSION:
		return &o->version;
	default:
		return NULL;
	}
}

static int apply(struct fsk_options *o, int opt, const char *arg, struct fsk_err *err)
{
	bool *flag = flag_of(o, opt);

	if (flag != NULL) {
		*flag = true;
		return 0;
	}
	switch (opt) {
	case 'o':
		o->out_dir = o->out_file = arg;
		return 0;
	case 'p':
		o->select = arg;
		return 0;
	case 'q':
		o->verbosity = -1;
		return 0;
	case 'v':
		o->verbosity = o->verbosity < 0 ? 1 : o->verbosity + 1;
		return 0;
	case OPT_CASE:
		o->case_id = arg;
		return 0;
	case OPT_EXAMINER:
		o->examiner = arg;
		return 0;
	case OPT_NOTE:
		o->note = arg;
		return 0;
	case OPT_LABEL:
		o->label = arg;
		return 0;
	case OPT_DATA:
		o->data_dir = arg;
		return 0;
	case OPT_WRITE:
		o->write_to = arg;
		return 0;
	default:
		return apply_parsed(o, opt, arg, err);
	}
}

/* The word (or two) in front of the options. Returns how many were taken. */
static int find_command(struct fsk_options *o, int argc, char **argv, struct fsk_err *err)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (word == NULL)
		return fsk_err_set(err, FSK_EINVAL, "a command is missing");
	if (word[0] == '-')
		return 0;
	if (strcmp(word, "plugin") == 0) {
		const char *sub = argc > 2 ? argv[2] : "";
		if (strcmp(sub, "list") == 0)
			o->command = FSK_CMD_PLUGIN_LIST;
		else if (strcmp(sub, "check") == 0)
			o->command = FSK_CMD_PLUGIN_CHECK;
		else if (strcmp(sub, "--help") == 0 || strcmp(sub, "-h") == 0)
			return 1; /* the overview has both */
		else
			return fsk_err_set(err, FSK_EINVAL, "plugin wants \"list\" or \"check\"");
		return 2;
	}
	for (int c = FSK_CMD_NONE + 1; c < FSK_CMD_COUNT; c++) {
		if (strcmp(commands[c].name, word) == 0) {
			o->command = (enum fsk_command) c;
			return 1;
		}
	}
	return fsk_err_set(err, FSK_EINVAL, "there is no command \"%s\"", word);
}

static int check_arguments(const struct fsk_options *o, struct fsk_err *err)
{
	const char *name = commands[o->command].name;
	size_t min = commands[o->command].min_args;
	size_t max = commands[o->command].max_args;

	if (o->command == FSK_CMD_NONE)
		return fsk_err_set(err, FSK_EINVAL, "a command is missing");
	if (o->self)
		min = max = 0;
	if (o->nargs < min)
		return fsk_err_set(err, FSK_EINVAL, "%s wants %s", name,
		                   commands[o->command].arguments);
	if (o->nargs > max)
		return fsk_err_set(err, FSK_EINVAL, "%s: too many arguments: \"%s\"", name,
		                   o->args[max]);
	if (o->all_digests && o->only != NULL)
		return fsk_err_set(err, FSK_EINVAL, "%s: --all-digests or --only, not both", name);
	if (o->explain && !o->dry_run)
		return fsk_err_set(err, FSK_EINVAL, "%s: --explain goes with --dry-run", name);
	if (o->command == FSK_CMD_EXPORT && !o->stix)
		return fsk_err_set(err, FSK_EINVAL, "%s wants a format: --stix", name);
	if (o->json && o->bodyfile)
		return fsk_err_set(err, FSK_EINVAL, "%s: --json or --bodyfile, not both", name);
	for (size_t i = 0; i < o->nargs; i++)
		if (o->args[i][0] == '\0')
			return fsk_err_set(err, FSK_EINVAL, "%s: an argument is empty", name);
	return 0;
}

static void set_defaults(struct fsk_options *o)
{
	memset(o, 0, sizeof(*o));
	o->out_dir = ".";
	o->select = "3cx";
	o->case_id = o->examiner = o->note = "";
	o->limit_size = FSK_FILE_SIZE_MAX;
	o->memory = FSK_WORKER_MEMORY;
	o->step_seconds = FSK_STEP_SECONDS;
	o->level = -1;
}

int fsk_options_parse(struct fsk_options *o, int argc, char **argv, struct fsk_err *err)
{
	int skip, opt, rc;

	set_defaults(o);
	skip = find_command(o, argc, argv, err);
	if (skip < 0)
		return skip;
	argv += skip;
	argc -= skip;
	optind = 0; /* glibc: start afresh, so that tests can parse twice */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":o:p:j:nqvhld", long_options, NULL)) != -1) {
		const char *shown = optind > 0 && optind <= argc ? argv[optind - 1] : "";
		if (opt == ':')
			return fsk_err_set(err, FSK_EINVAL, "option \"%s\" wants a value", shown);
		if (opt == '?')
			return fsk_err_set(err, FSK_EINVAL, "unknown option \"%s\"", shown);
		if (!option_permitted(opt, o->command)) {
			if (optarg == shown) /* its value stands apart */
				shown = argv[optind - 2];
			return fsk_err_set(err, FSK_EINVAL, "%s takes no option \"%s\"",
			                   o->command ? commands[o->command].name : "fossick",
			                   shown);
		}
		rc = apply(o, opt, optarg, err);
		if (rc < 0)
			return rc;
	}
	o->args = argv + optind;
	o->nargs = (size_t) (argc - optind);
	return o->help || o->version ? 0 : check_arguments(o, err);
}
