/* Which blocks of a volume are free, as libtsk tells it. */
#include "core/base/limits.h"
#include "core/evidence/stream_runs.h"
#include "core/evidence/tsk_fs.h"

static bool is_free(TSK_FS_INFO *fs, uint64_t block)
{
	/* of a bitmap that cannot be read libtsk says nothing: then one has to look */
	return (fs->block_getflags(fs, (TSK_DADDR_T) block) & TSK_FS_BLOCK_FLAG_ALLOC) == 0;
}

static int add_blocks(struct fsk_runs *runs, const TSK_FS_INFO *fs, uint64_t from, uint64_t first,
                      uint64_t end, bool free, struct fsk_err *err)
{
	const struct fsk_run r = { .start = first * fs->block_size - from,
		                   .length = (end - first) * fs->block_size,
		                   .at = (uint64_t) fs->offset + first * fs->block_size,
		                   .kind = free ? FSK_RUN_DATA : FSK_RUN_HOLE };

	return fsk_runs_add(runs, &r, FSK_UNALLOCATED_RUNS_MAX, err);
}

int fsk_tsk_unallocated(struct fsk_fs *f, uint64_t *size, struct fsk_runs *runs, uint64_t from,
                        uint64_t to, struct fsk_err *err)
{
	const struct fsk_tsk_fs *t = f->impl;
	TSK_FS_INFO *fs = t->fs;
	uint64_t first, end;
	bool free;
	int rc = 0;

	if (t->pool != NULL || fs->block_size == 0)
		return fsk_err_set(err, FSK_EUNSUPPORTED,
		                   "what is free is known of the container only");
	*size = ((uint64_t) fs->last_block_act + 1) * fs->block_size;
	if (runs == NULL)
		return 0;
	first = from / fs->block_size;
	end = to / fs->block_size;
	free = first < end && is_free(fs, first);
	for (uint64_t b = first + 1; rc == 0 && b < end; b++) {
		if (is_free(fs, b) == free)
			continue;
		rc = add_blocks(runs, fs, from, first, b, free, err);
		first = b;
		free = !free;
	}
	return rc == 0 && first < end ? add_blocks(runs, fs, from, first, end, free, err) : rc;
}
