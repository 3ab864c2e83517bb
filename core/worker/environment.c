/* The environment that a Windows gives to all of its programs. */
#include <stdio.h>

#include "core/lua/environment.h"
#include "core/worker/system.h"

#define CONTROL_SETS 999u /* their names have three digits */

static unsigned current_control_set(struct fsk_hive *system)
{
	struct fsk_key *key = NULL;
	struct fsk_value value = { 0 };
	unsigned n = 1;

	if (fsk_hive_key(&key, system, "Select", NULL) != 0)
		return n;
	if (fsk_key_value_named(&value, key, "Current", NULL) == 0) {
		if (value.type == FSK_REG_DWORD && value.number > 0 && value.number <= CONTROL_SETS)
			n = (unsigned) value.number;
		fsk_value_free(&value);
	}
	fsk_key_free(key);
	return n;
}

int fsk_system_environment(json_t **out, struct fsk_hive *system, struct fsk_err *err)
{
	char path[80];
	int rc;

	snprintf(path, sizeof(path), "ControlSet%03u\\Control\\Session Manager\\Environment",
	         current_control_set(system));
	rc = fsk_environment_read(out, system, path, err);
	return rc == 0 ? 0 : fsk_err_wrap(err, "\"%s\"", FSK_SYSTEM_HIVE);
}
