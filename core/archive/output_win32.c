#include "core/archive/output.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#define QUOTA_EXCEEDED 1295 /* not in every winerror.h */

static int win_error(struct fsk_err *err, DWORD e, const char *what, const char *path)
{
	int code = FSK_EIO;

	if (e == ERROR_FILE_NOT_FOUND || e == ERROR_PATH_NOT_FOUND)
		code = FSK_ENOTFOUND;
	else if (e == ERROR_ACCESS_DENIED || e == ERROR_SHARING_VIOLATION ||
	         e == ERROR_WRITE_PROTECT)
		code = FSK_EPERM;
	else if (e == ERROR_FILE_EXISTS || e == ERROR_ALREADY_EXISTS)
		code = FSK_EEXIST;
	else if (e == ERROR_DISK_FULL || e == ERROR_HANDLE_DISK_FULL || e == ERROR_FILE_TOO_LARGE ||
	         e == QUOTA_EXCEEDED)
		code = FSK_ENOSPC;
	return fsk_err_set(err, code, "cannot %s \"%s\": system error %lu", what, path,
	                   (unsigned long) e);
}

/* Memory to free(), or NULL for text that is not UTF-8. */
static wchar_t *widen(const char *path)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
	wchar_t *wide = n > 0 ? calloc((size_t) n, sizeof(*wide)) : NULL;

	if (wide != NULL)
		MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, n);
	return wide;
}

/* Other programs may read meanwhile, none may write or remove. */
static int open_locked(struct fsk_output *out, const char *path, DWORD how, struct fsk_err *err)
{
	wchar_t *wide = widen(path);
	HANDLE h;

	*out = (struct fsk_output){ .handle = -1 };
	if (wide == NULL)
		return fsk_err_set(err, FSK_EINVAL, "cannot open \"%s\": not UTF-8", path);
	h = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, how,
	                FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	free(wide);
	if (h == INVALID_HANDLE_VALUE)
		return win_error(err, GetLastError(), how == CREATE_NEW ? "create" : "open", path);
	out->path = strdup(path);
	if (out->path == NULL) {
		CloseHandle(h);
		return fsk_err_set(err, FSK_ENOMEM, "cannot open \"%s\": no memory", path);
	}
	out->handle = (intptr_t) h;
	return 0;
}

int fsk_output_create(struct fsk_output *out, const char *path, struct fsk_err *err)
{
	return open_locked(out, path, CREATE_NEW, err);
}

int fsk_output_open(struct fsk_output *out, const char *path, struct fsk_err *err)
{
	return open_locked(out, path, OPEN_EXISTING, err);
}

void fsk_output_close(struct fsk_output *o)
{
	if (o->handle != -1)
		CloseHandle((HANDLE) o->handle);
	free(o->path);
	*o = (struct fsk_output){ .handle = -1 };
}

int fsk_output_write(const struct fsk_output *o, const void *p, size_t n, uint64_t off,
                     struct fsk_err *err)
{
	size_t done = 0;

	while (done < n) {
		uint64_t pos = off + done;
		OVERLAPPED at = { .Offset = (DWORD) pos, .OffsetHigh = (DWORD) (pos >> 32) };
		DWORD piece = n - done > (1u << 30) ? 1u << 30 : (DWORD) (n - done), put = 0;

		if (!WriteFile((HANDLE) o->handle, (const char *) p + done, piece, &put, &at))
			return win_error(err, GetLastError(), "write", o->path);
		if (put == 0)
			return win_error(err, ERROR_DISK_FULL, "write", o->path);
		done += put;
	}
	return 0;
}

int fsk_output_read(const struct fsk_output *o, void *p, size_t n, uint64_t off,
                    struct fsk_err *err)
{
	struct fsk_file view = fsk_output_view(o, UINT64_MAX);
	struct fsk_err local = { 0 };
	int64_t got = fsk_file_pread(&view, p, n, off, &local);

	if (got == (int64_t) n)
		return 0;
	return fsk_err_set(err, FSK_EIO, "cannot read \"%s\": %s", o->path,
	                   got < 0 ? local.msg : "it is shorter than it was");
}

int fsk_output_sync(const struct fsk_output *o, struct fsk_err *err)
{
	if (!FlushFileBuffers((HANDLE) o->handle))
		return win_error(err, GetLastError(), "sync", o->path);
	return 0;
}

int fsk_output_truncate(const struct fsk_output *o, uint64_t size, struct fsk_err *err)
{
	FILE_END_OF_FILE_INFO end = { .EndOfFile = { .QuadPart = (LONGLONG) size } };

	if (!SetFileInformationByHandle((HANDLE) o->handle, FileEndOfFileInfo, &end, sizeof(end)))
		return win_error(err, GetLastError(), "truncate", o->path);
	return 0;
}

int fsk_output_allocate(const struct fsk_output *o, uint64_t size, struct fsk_err *err)
{
	/* NTFS and FAT allocate when the end of a file is moved: only sparse
	 * and compressed files have holes */
	return fsk_output_truncate(o, size, err);
}

int fsk_output_size(const struct fsk_output *o, uint64_t *size, struct fsk_err *err)
{
	LARGE_INTEGER n;

	*size = 0;
	if (!GetFileSizeEx((HANDLE) o->handle, &n))
		return win_error(err, GetLastError(), "find the size of", o->path);
	*size = (uint64_t) n.QuadPart;
	return 0;
}

uint64_t fsk_output_limit(const struct fsk_output *o)
{
	wchar_t name[MAX_PATH + 1] = L"";

	if (!GetVolumeInformationByHandleW((HANDLE) o->handle, NULL, 0, NULL, NULL, NULL, name,
	                                   MAX_PATH))
		return UINT64_MAX;
	return wcscmp(name, L"FAT32") == 0 || wcscmp(name, L"FAT") == 0 ? UINT32_MAX : UINT64_MAX;
}

struct fsk_file fsk_output_view(const struct fsk_output *o, uint64_t size)
{
	return (struct fsk_file){ .handle = o->handle, .size = size };
}

bool fsk_output_exists(const char *path)
{
	wchar_t *wide = widen(path);
	bool there = wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;

	free(wide);
	return there;
}

int fsk_output_remove(const char *path, struct fsk_err *err)
{
	wchar_t *wide = widen(path);
	DWORD e = wide == NULL ? ERROR_INVALID_NAME : 0;

	if (wide != NULL && !DeleteFileW(wide))
		e = GetLastError();
	free(wide);
	return e == 0 || e == ERROR_FILE_NOT_FOUND ? 0 : win_error(err, e, "remove", path);
}

int fsk_output_rename(const char *from, const char *to, struct fsk_err *err)
{
	wchar_t *a = widen(from), *b = widen(to);
	DWORD e = a == NULL || b == NULL ? ERROR_INVALID_NAME : 0;

	if (e == 0 && !MoveFileExW(a, b, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		e = GetLastError();
	free(a);
	free(b);
	return e == 0 ? 0 : win_error(err, e, "rename", from);
}

int fsk_output_sync_folder(const char *path, struct fsk_err *err)
{
	/* NTFS journals its folders; there is nothing to ask for */
	(void) path;
	(void) err;
	return 0;
}
