/* A command line of evidence: the first byte chooses letter and user, and
 * what is looked up exists or not by the bytes of its own name. */
#include <stdlib.h>
#include <string.h>

#include "core/lua/follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int lookup(void *arg, struct fsk_entry *out, char drive, const char *path,
                  struct fsk_err *err)
{
	const struct fsk_locator loc = { .path = (char *) path };
	unsigned sum = (unsigned char) drive;

	(void) arg;
	memset(out, 0, sizeof(*out));
	for (const char *p = path; *p != '\0'; p++)
		sum = sum * 31 + (unsigned char) *p;
	if (sum % 5 != 0)
		return fsk_err_set(err, FSK_ENOTFOUND, "not there");
	out->type = sum % 2 ? FSK_ENTRY_FILE : FSK_ENTRY_DIR;
	return fsk_locator_copy(&out->loc, &loc, err);
}

static bool has_drive(void *arg, char letter)
{
	(void) arg;
	return letter == 'D';
}

/* Some lead to others, and to themselves. */
static const char *variable(void *arg, enum fsk_follow_scope scope, const char *name, size_t n)
{
	static const char *const values[FSK_FOLLOW_SCOPES][2] = { { "given", "%user%\\\"x" },
		                                                  { "user", "C:\\Users;%machine%" },
		                                                  { "Path", "%path%;D:\\a" } };

	(void) arg;
	return strlen(values[scope][0]) == n && memcmp(values[scope][0], name, n) == 0
	           ? values[scope][1]
	           : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_follow f = { .lookup = lookup, .has_drive = has_drive, .variable = variable };
	struct fsk_followed r;
	char *command;

	if (size < 1 || (command = malloc(size)) == NULL)
		return 0;
	memcpy(command, data + 1, size - 1);
	command[size - 1] = '\0';
	f.letter = data[0] & 1 ? 'C' : 0;
	f.user = data[0] & 2 ? "ann" : NULL;
	f.wow64 = data[0] & 4;
	f.dir = data[0] & 8 ? "%windir%" : NULL;
	f.root = data[0] & 16 ? "Windows.old" : NULL;
	f.system = data[0] & 32 ? 'D' : 0;
	fsk_follow_command(&r, &f, command, NULL);
	fsk_followed_free(&r);
	free(command);
	return 0;
}
