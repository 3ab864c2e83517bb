#include "core/base/file.h"

int fsk_file_slurp(struct fsk_buf *out, const char *path, struct fsk_err *err)
{
	struct fsk_file f;
	int64_t got = 0;
	int rc = fsk_file_open(&f, path, err);

	if (rc < 0)
		return rc;
	rc = f.size > SIZE_MAX ? fsk_err_set(err, FSK_ELIMIT, "too large")
	                       : fsk_buf_reserve(out, (size_t) f.size, err);
	if (rc == 0 && f.size > 0) {
		got = fsk_file_pread(&f, out->data + out->len, (size_t) f.size, 0, err);
		rc = got < 0 ? (int) got : 0;
	}
	if (rc == 0)
		out->len += (size_t) got;
	else
		fsk_err_wrap(err, "cannot read \"%s\"", path);
	fsk_file_close(&f);
	return rc;
}
