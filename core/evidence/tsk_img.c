#include "core/evidence/tsk_img.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tsk/libtsk.h>

#include "core/evidence/fs.h"

#include "core/base/limits.h"

#define SLACK (64u * FSK_KIB)

/* `source` stands in front of what libtsk writes, so that it survives a
 * library whose struct is larger than ours. */
struct fsk_tsk_img {
	struct fsk_source *source;
	TSK_IMG_INFO info;
	uint8_t slack[SLACK];
};

static struct fsk_tsk_img *of_info(TSK_IMG_INFO *info)
{
	return (struct fsk_tsk_img *) (void *) ((char *) info - offsetof(struct fsk_tsk_img, info));
}

static ssize_t read_image(TSK_IMG_INFO *info, TSK_OFF_T off, char *buf, size_t len)
{
	struct fsk_source *s = of_info(info)->source;
	uint64_t at = (uint64_t) off;
	size_t inside = len;

	/* What lies behind the end is an answer, too: a short count, and zeros for
	 * the caller that does not look at it. */
	if (off < 0 || at >= s->size) {
		memset(buf, 0, len);
		return -1;
	}
	if (inside > s->size - at) {
		inside = (size_t) (s->size - at);
		memset(buf + inside, 0, len - inside);
	}
	fsk_source_read(s, buf, inside, at);
	return (ssize_t) inside;
}

static void close_image(TSK_IMG_INFO *info)
{
	(void) info; /* the memory is ours: fsk_tsk_img_close */
}

static void stat_image(TSK_IMG_INFO *info, FILE *f)
{
	(void) info;
	(void) f;
}

int fsk_tsk_img_open(struct fsk_tsk_img **out, struct fsk_source *s, uint32_t sector_size,
                     struct fsk_err *err)
{
	struct fsk_tsk_img *img;

	*out = NULL;
	if (sector_size < FSK_SECTOR_MIN || sector_size > FSK_SECTOR_MAX ||
	    sector_size % FSK_SECTOR_MIN != 0)
		return fsk_err_set(err, FSK_EINVAL, "cannot read \"%s\" in sectors of %u bytes",
		                   s->name, sector_size);
	if (s->size > INT64_MAX)
		return fsk_err_set(err, FSK_ELIMIT, "\"%s\" is too large", s->name);
	img = calloc(1, sizeof(*img));
	if (img == NULL)
		return fsk_err_set(err, FSK_ENOMEM, "out of memory");
	img->source = s;
	if (tsk_img_open_external(&img->info, (TSK_OFF_T) s->size, sector_size, read_image,
	                          close_image, stat_image) == NULL) {
		free(img);
		return fsk_tsk_err(err, FSK_EUNSUPPORTED, "cannot hand \"%s\" to libtsk", s->name);
	}
	*out = img;
	return 0;
}

void fsk_tsk_img_close(struct fsk_tsk_img *img)
{
	if (img == NULL)
		return;
	tsk_img_close(&img->info);
	free(img);
}

struct TSK_IMG_INFO *fsk_tsk_img_info(struct fsk_tsk_img *img)
{
	return &img->info;
}

int fsk_tsk_err(struct fsk_err *err, int code, const char *fmt, ...)
{
	const char *reason = tsk_error_get();
	char text[FSK_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fsk_err_set(err, code, "%s: %s", text, reason != NULL ? reason : "no reason given");
}

const char *fsk_fs_library(void)
{
	return tsk_version_get_str();
}
