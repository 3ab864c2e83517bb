/* Readers of lua-scripts/lib (tests/fuzz/readers.lua) in the real engine, on bytes as evidence has
 * them. What raises, or needs more than its budget, is a mistake. The scripts are found through
 * FOSSICK_SRC, or in the folder where the fuzzer is started. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/lua/engine.h"
#include "tests/fuzz/engine_ops.h"
#include "tests/unit/lua/fake_fs.h"

#define INPUT_MAX (256u << 10) /* longer ones only take longer */
#define RUNS_MAX 1000          /* of one engine; loading takes longer than most runs */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void die(const char *what, const struct fsk_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->msg);
	abort();
}

static void add_text(struct fsk_engine *e, enum fsk_engine_text kind, const char *folder,
                     const char *file)
{
	char path[4096], name[256];
	struct fsk_buf b;
	struct fsk_err err;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	snprintf(name, sizeof(name), "%.*s", (int) (strlen(file) - strlen(".lua")), file);
	fsk_buf_init(&b, 1u << 20);
	if (fsk_file_slurp(&b, path, &err) < 0 ||
	    fsk_engine_add_text(e, kind, name, b.data, b.len, NULL, &err) < 0)
		die(path, &err);
	fsk_buf_free(&b);
}

static void add_library(struct fsk_engine *e, const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	if (n < 0) {
		fprintf(stderr, "%s: no such folder; set FOSSICK_SRC\n", folder);
		abort();
	}
	for (int i = 0; i < n; i++) {
		size_t len = strlen(names[i]->d_name);

		if (len > 4 && strcmp(names[i]->d_name + len - 4, ".lua") == 0)
			add_text(e, FSK_TEXT_LIB, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static struct fsk_engine *new_engine(void)
{
	const struct fsk_engine_limits limits = { .instructions = 400000000 };
	const char *src = getenv("FOSSICK_SRC");
	char folder[4000];
	struct fsk_engine *e;
	struct fsk_err err;

	if (fsk_engine_new(&e, &engine_ops, NULL, &err) < 0)
		die("engine", &err);
	fsk_engine_set_limits(e, &limits);
	snprintf(folder, sizeof(folder), "%s/lua-scripts/lib", src ? src : ".");
	add_library(e, folder);
	snprintf(folder, sizeof(folder), "%s/tests/fuzz", src ? src : ".");
	add_text(e, FSK_TEXT_PLUGIN, folder, "readers.lua");
	if (fsk_engine_plugin_load(e, "readers", NULL, &err) < 0)
		die("readers", &err);
	return e;
}

static struct fsk_engine *current_engine(void)
{
	static struct fsk_engine *e;
	static unsigned runs;

	if (runs++ % RUNS_MAX == 0) {
		if (e != NULL)
			fsk_engine_free(e);
		e = new_engine();
	}
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fsk_volume volume = { .letter = 'C', .fs = "ntfs", .os = "windows" };
	const struct fake_file files[] = {
		{ .path = "input", .data = (const char *) data, .size = size },
		{ 0 },
	};
	struct fsk_engine_item item = { .volume = &volume, .source_name = "disk", .artifact = "*" };
	struct fsk_engine *e = current_engine();
	struct fsk_entry entry;
	struct fsk_err err;

	if (size > INPUT_MAX)
		return 0;
	fake_fs_open(&item.fs, files);
	if (fsk_fs_lookup(&entry, item.fs, "input", NULL) == 0) {
		item.entry = &entry;
		if (fsk_engine_run(e, "readers", &item, &err) < 0)
			die("run", &err);
		fsk_entry_free(&entry);
	}
	fsk_fs_close(item.fs);
	return 0;
}
