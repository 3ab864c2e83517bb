#include "core/base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int fsk_err_vset(struct fsk_err *err, int code, const char *fmt, va_list ap)
{
	char msg[FSK_ERR_MSG_MAX];

	if (err == NULL)
		return code;
	/* formatted aside: an argument may be err->msg itself */
	vsnprintf(msg, sizeof(msg), fmt, ap);
	memcpy(err->msg, msg, sizeof(msg));
	err->code = code;
	return code;
}

int fsk_err_set(struct fsk_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fsk_err_vset(err, code, fmt, ap);
	va_end(ap);
	return code;
}

static int code_of_errno(int e)
{
	switch (e) {
	case ENOMEM:
		return FSK_ENOMEM;
	case ENOENT:
	case ENOTDIR:
		return FSK_ENOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return FSK_EPERM;
	case EEXIST:
		return FSK_EEXIST;
	case ENOSPC:
#ifdef EDQUOT
	case EDQUOT:
#endif
	case EFBIG:
		return FSK_ENOSPC;
	case EINVAL:
	case EISDIR:
		return FSK_EINVAL;
	default:
		return FSK_EIO;
	}
}

int fsk_err_errno(struct fsk_err *err, int saved_errno, const char *fmt, ...)
{
	char text[FSK_ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fsk_err_set(err, code_of_errno(saved_errno), "%s: %s", text, strerror(saved_errno));
}

int fsk_err_wrap(struct fsk_err *err, const char *fmt, ...)
{
	char text[FSK_ERR_MSG_MAX];
	va_list ap;

	if (err == NULL)
		return FSK_EIO;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fsk_err_set(err, err->code, "%s: %s", text, err->msg);
}

const char *fsk_code_name(int code)
{
	static const char *const names[] = {
		"ok",          "no-memory",  "io",      "invalid", "not-found", "corrupt",
		"unsupported", "over-limit", "refused", "exists",  "no-space",  "protocol",
		"canceled",    "timeout",    "plugin",  "died",    "ambiguous",
	};
	size_t i = code <= 0 ? (size_t) -code : sizeof(names);

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : "unknown";
}
