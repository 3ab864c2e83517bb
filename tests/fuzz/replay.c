/* Runs a fuzz target over files and folders given as arguments, as one TAP
 * case each argument. A crash or a sanitizer report is the failure. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/buf.h"
#include "core/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long replayed;

static int replay_file(const char *path)
{
	struct fsk_buf b;
	struct fsk_err err;
	int rc;

	fsk_buf_init(&b, 64u << 20);
	rc = fsk_file_slurp(&b, path, &err);
	if (rc < 0) {
		printf("# %s\n", err.msg);
	} else {
		/* an exact-size copy, so that a read past the end is seen */
		uint8_t *copy = malloc(b.len ? b.len : 1);
		if (copy != NULL) {
			if (b.len > 0)
				memcpy(copy, b.data, b.len);
			LLVMFuzzerTestOneInput(copy, b.len);
			replayed++;
			free(copy);
		}
	}
	fsk_buf_free(&b);
	return rc;
}

static int replay(const char *path)
{
	struct stat st;
	struct dirent **names;
	int n, rc = 0;

	if (stat(path, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return replay_file(path);
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char sub[4096];
		if (names[i]->d_name[0] != '.') {
			snprintf(sub, sizeof(sub), "%s/%s", path, names[i]->d_name);
			if (replay(sub) < 0)
				rc = -1;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return n < 0 ? -1 : rc;
}

int main(int argc, char **argv)
{
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		unsigned long before = replayed;
		bool good = replay(argv[i]) == 0 && replayed > before;
		printf("%s %d - %s: %lu inputs\n", good ? "ok" : "not ok", i, argv[i],
		       replayed - before);
	}
	return 0;
}
