/* A plugin text from a stranger: checked, its wants resolved and, when it is
 * a plugin, run within small budgets on a file of the fake file system. The
 * same bytes are also tried as a file of artifacts. */
#include "core/lua/engine.h"
#include "tests/fuzz/engine_ops.h"
#include "tests/unit/lua/fake_fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fake_file files[] = {
	{ .path = "Users/ann/a.exe", .data = "MZ\0\1\2\3", .size = 6, .bad_at = 4, .bad_len = 1 },
	{ .path = "Users/ann/a.exe", .stream = "s", .data = "x", .size = 1 },
	{ .path = "Users/ann/db", .data = "rows=2", .size = 6 },
	{ .path = "Users", .type = FSK_ENTRY_DIR },
	{ 0 },
};

static void run(struct fsk_engine *e, const struct fsk_want *want)
{
	const struct fsk_volume volume = { .letter = 'C', .fs = "ntfs", .os = "windows" };
	struct fsk_engine_item item = {
		.volume = &volume, .source_name = "disk", .artifact = want->artifact, .as = want->as
	};
	struct fsk_entry entry;

	fake_fs_open(&item.fs, files);
	if (fsk_fs_lookup(&entry, item.fs, "Users/ann/db", NULL) == 0) {
		item.entry = &entry;
		fsk_engine_run(e, "t", &item, NULL);
		fsk_engine_run(e, "t", &item, NULL); /* with what the first left behind */
		fsk_entry_free(&entry);
	}
	fsk_fs_close(item.fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fsk_engine_limits limits = { .heap = 2u << 20,
		                                  .instructions = 200000,
		                                  .rows = 100 };
	static const char other[] = "return { api = 1, name = 'u', summary = 's', "
	                            "wants = { 'x.y' }, run = function() end }";
	struct fsk_wants wants;
	struct fsk_engine *e;

	if (fsk_engine_new(&e, &engine_ops, NULL, NULL) < 0)
		return 0;
	fsk_engine_set_limits(e, &limits);
	fsk_engine_add_text(e, FSK_TEXT_PLUGIN, "t", data, size, NULL, NULL);
	fsk_engine_add_text(e, FSK_TEXT_LIB, "l", data, size, NULL, NULL);
	fsk_engine_add_text(e, FSK_TEXT_ARTIFACTS, "a", data, size, NULL, NULL);
	fsk_engine_add_text(e, FSK_TEXT_PLUGIN, "u", other, sizeof(other) - 1, NULL, NULL);
	fsk_engine_plugin_load(e, "u", NULL, NULL);
	if (fsk_engine_plugin_wants(&wants, e, "t", "windows", NULL, NULL) == 0) {
		for (size_t i = 0; i < wants.count && i < 3; i++)
			run(e, &wants.items[i]);
		fsk_wants_free(&wants);
	}
	fsk_engine_free(e);
	return 0;
}
