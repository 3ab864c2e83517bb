/* A file as libzip wants it. Private to this module. */
#ifndef FSK_PLUGINS_ZIP_SOURCE_H
#define FSK_PLUGINS_ZIP_SOURCE_H

#include <zip.h>

#include "plugins/shared/ranges.h"

struct fsk_zip_view {
	struct fsk_ranges ranges;
	uint64_t at;   /* where libzip reads next */
	uint64_t left; /* bytes that it may still read; FSK_ZIP_DIRECTORY_MAX while it opens */
	zip_error_t error;
	zip_t *zip;
};

/* Opens the archive; `in` has to stay until it is closed. FSK_ECORRUPT, FSK_ELIMIT, FSK_EIO,
 * FSK_ENOMEM. Close in any case. */
int fsk_zip_view_open(struct fsk_zip_view *v, const struct fsk_input *in, struct fsk_err *err);
void fsk_zip_view_close(struct fsk_zip_view *v);

#endif
