#include "core/keeper/member.h"

#include <inttypes.h>

/* The name of a stream may hold a slash, which is none of the path's. */
static int append_stream(struct fsk_buf *out, const char *stream, struct fsk_err *err)
{
	int rc = fsk_buf_append_u8(out, ':', err);

	for (; rc == 0 && *stream != '\0'; stream++)
		rc = *stream == '/' ? fsk_buf_append_str(out, "%2F", err)
		                    : fsk_buf_append_u8(out, (uint8_t) *stream, err);
	return rc;
}

int fsk_member_name(struct fsk_buf *out, const struct fsk_locator *loc, bool twin,
                    const char *place, bool many_sources, struct fsk_err *err)
{
	int rc = 0;

	if (many_sources)
		rc = fsk_buf_printf(out, err, "src%" PRIu32 "/", loc->source);
	if (rc == 0)
		rc = fsk_buf_printf(out, err, "fs/%s/%s", place, loc->path);
	if (rc == 0 && loc->stream != NULL)
		rc = append_stream(out, loc->stream, err);
	if (rc == 0 && (loc->deleted || twin))
		rc = fsk_buf_printf(out, err, "~%" PRIu64, loc->addr);
	return rc;
}
