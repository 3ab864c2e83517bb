/* A command line of evidence: the first byte chooses letter and user, and
 * what is looked up exists or not by the bytes of its own name. */
#include <stdlib.h>
#include <string.h>

#include "core/lua/follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int lookup(void *arg, struct fsk_entry *out, const char *path, struct fsk_err *err)
{
	const struct fsk_locator loc = { .path = (char *) path };
	unsigned sum = 0;

	(void) arg;
	memset(out, 0, sizeof(*out));
	for (const char *p = path; *p != '\0'; p++)
		sum = sum * 31 + (unsigned char) *p;
	if (sum % 5 != 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "not there");
	out->type = sum % 2 ? FSK_ENTRY_FILE : FSK_ENTRY_DIR;
	return fsk_locator_copy(&out->loc, &loc, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_follow f = { .lookup = lookup };
	struct fsk_entry e;
	char *command;

	if (size < 1 || (command = malloc(size)) == NULL)
		return 0;
	memcpy(command, data + 1, size - 1);
	command[size - 1] = '\0';
	f.letter = data[0] & 1 ? 'C' : 0;
	f.user = data[0] & 2 ? "ann" : NULL;
	if (fsk_follow_command(&e, &f, command, NULL) == 0)
		fsk_entry_free(&e);
	free(command);
	return 0;
}
