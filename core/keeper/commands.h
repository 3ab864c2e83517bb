/* One function a command; each returns the exit status. */
#ifndef FSK_KEEPER_COMMANDS_H
#define FSK_KEEPER_COMMANDS_H

#include "core/keeper/options.h"

int fsk_command_collect(const struct fsk_options *o);
int fsk_command_info(const struct fsk_options *o);
int fsk_command_ls(const struct fsk_options *o);
int fsk_command_cat(const struct fsk_options *o);
int fsk_command_verify(const struct fsk_options *o);
int fsk_command_hash(const struct fsk_options *o);
int fsk_command_hive(const struct fsk_options *o);
int fsk_command_recover(const struct fsk_options *o);
int fsk_command_export(const struct fsk_options *o);
int fsk_command_plugin_list(const struct fsk_options *o);
int fsk_command_plugin_check(const struct fsk_options *o);

/* The part of `verify` that is about archives. */
int fsk_verify_archive(const struct fsk_options *o);

#endif
