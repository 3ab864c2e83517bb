/* An index that one worker has made, and that the others of the run use. */
#include "core/worker/index_share.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/ipc/shelf.h"
#include "core/model/types.h"

json_t *fsk_index_give(const struct fsk_session *s, struct fsk_fs *fs, int64_t shelf)
{
	char sha256[FSK_SHA256_HEX];
	struct fsk_err why = { 0 };
	const void *area;
	size_t size;
	bool whole;

	if (shelf < 0 || (uint64_t) shelf >= s->inputs.nshelves)
		return NULL;
	area = fsk_fs_index_area(fs, &size, &whole);
	if (!area)
		return NULL;
	if (fsk_shelf_put(sha256, s->inputs.shelves[shelf], area, size, &why) != 0) {
		fsk_log(FSK_LOG_INFO, "the index is not shared: %s", why.msg);
		return NULL;
	}
	return json_pack("{s:I, s:s, s:b}", "size", (json_int_t) size, "sha256", sha256, "whole",
	                 (int) whole);
}

static int use(const struct fsk_session *s, struct fsk_fs *fs, const json_t *index,
               struct fsk_err *err)
{
	uint64_t shelf, size;
	const char *sha256;
	const void *area;
	bool whole;
	int rc;

	if ((rc = fsk_json_get_u64(&shelf, index, "shelf", err)) != 0 ||
	    (rc = fsk_json_get_u64(&size, index, "size", err)) != 0 ||
	    (rc = fsk_json_get_str(&sha256, index, "sha256", err)) != 0 ||
	    (rc = fsk_json_opt_bool(&whole, index, "whole", false, err)) != 0)
		return rc;
	if (shelf >= s->inputs.nshelves || size > SIZE_MAX)
		return fsk_err_set(err, FSK_EPROTO, "there is no shelf %" PRIu64, shelf);
	rc = fsk_shelf_get(&area, s->inputs.shelves[shelf], (size_t) size, sha256, err);
	if (rc != 0)
		return rc;
	/* the area stays for as long as the worker does */
	rc = fsk_fs_adopt_index(fs, area, (size_t) size, whole, err);
	if (rc != 0)
		fsk_shelf_release(area, (size_t) size);
	return rc;
}

bool fsk_index_take(const struct fsk_session *s, struct fsk_fs *fs, const json_t *index)
{
	struct fsk_err why = { 0 };

	if (use(s, fs, index, &why) == 0)
		return true;
	fsk_log(FSK_LOG_WARN, "the index of another worker is not used: %s", why.msg);
	return false;
}
