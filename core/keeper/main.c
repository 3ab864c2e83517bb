#include <stdio.h>

#include "core/base/log.h"
#include "core/keeper/commands.h"
#include "core/keeper/host.h"
#include "core/keeper/usage.h"

typedef int command_fn(const struct fsk_options *o);

static command_fn *const commands[FSK_CMD_COUNT] = {
	[FSK_CMD_COLLECT] = fsk_command_collect,
	[FSK_CMD_INFO] = fsk_command_info,
	[FSK_CMD_LS] = fsk_command_ls,
	[FSK_CMD_CAT] = fsk_command_cat,
	[FSK_CMD_HASH] = fsk_command_hash,
	[FSK_CMD_VERIFY] = fsk_command_verify,
	[FSK_CMD_HIVE] = fsk_command_hive,
	[FSK_CMD_RECOVER] = fsk_command_recover,
	[FSK_CMD_EXPORT] = fsk_command_export,
	[FSK_CMD_PLUGIN_LIST] = fsk_command_plugin_list,
	[FSK_CMD_PLUGIN_CHECK] = fsk_command_plugin_check,
};

static enum fsk_log_level log_level(int verbosity)
{
	if (verbosity < 0)
		return FSK_LOG_ERROR;
	if (verbosity == 0)
		return FSK_LOG_WARN;
	return verbosity == 1 ? FSK_LOG_INFO : FSK_LOG_DEBUG;
}

/* What was asked for is only there once it has left this process. */
static int flush_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fsk_log(FSK_LOG_ERROR, "cannot write to standard output");
	return status == FSK_EXIT_COMPLETE ? FSK_EXIT_CANNOT_CREATE : status;
}

int main(int argc, char **argv)
{
	struct fsk_options o;
	struct fsk_err err;

	fsk_host_prepare();
	if (fsk_options_parse(&o, argc, argv, &err) < 0) {
		fsk_log(FSK_LOG_ERROR, "%s", err.msg);
		fprintf(stderr, "Try \"fossick %s%s--help\".\n", fsk_command_name(o.command),
		        o.command != FSK_CMD_NONE ? " " : "");
		return FSK_EXIT_USAGE;
	}
	if (o.version) {
		puts("fossick " FSK_VERSION "\nLicence: Apache-2.0");
		return flush_output(FSK_EXIT_COMPLETE);
	}
	if (o.help) {
		fsk_usage_print(stdout, o.command);
		return flush_output(FSK_EXIT_COMPLETE);
	}
	fsk_log_set_level(log_level(o.verbosity));
	return flush_output(commands[o.command](&o));
}
