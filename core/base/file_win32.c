#include "core/base/file.h"

#include <stdlib.h>

#include <windows.h>
#include <winioctl.h>

static int win_error(struct fsk_err *err, DWORD e, const char *what, const char *path)
{
	int code = FSK_EIO;

	if (e == ERROR_FILE_NOT_FOUND || e == ERROR_PATH_NOT_FOUND)
		code = FSK_ENOTFOUND;
	else if (e == ERROR_ACCESS_DENIED || e == ERROR_SHARING_VIOLATION)
		code = FSK_EPERM;
	return fsk_err_set(err, code, "%s \"%s\": system error %lu", what, path, (unsigned long) e);
}

static int device_size(struct fsk_file *f, HANDLE h, struct fsk_err *err)
{
	GET_LENGTH_INFORMATION length;
	DISK_GEOMETRY geometry;
	DWORD got = 0;

	if (!DeviceIoControl(h, IOCTL_DISK_GET_LENGTH_INFO, NULL, 0, &length, sizeof(length), &got,
	                     NULL))
		return win_error(err, GetLastError(), "cannot find the size of", "device");
	f->size = (uint64_t) length.Length.QuadPart;
	f->is_device = true;
	if (DeviceIoControl(h, IOCTL_DISK_GET_DRIVE_GEOMETRY, NULL, 0, &geometry, sizeof(geometry),
	                    &got, NULL))
		f->sector_size = geometry.BytesPerSector;
	return 0;
}

int fsk_file_adopt(struct fsk_file *out, intptr_t handle, struct fsk_err *err)
{
	HANDLE h = (HANDLE) handle;
	LARGE_INTEGER size;

	*out = (struct fsk_file){ .handle = -1 };
	if (GetFileSizeEx(h, &size)) {
		out->size = (uint64_t) size.QuadPart;
	} else {
		int rc = device_size(out, h, err);

		if (rc < 0)
			return rc;
	}
	out->handle = handle;
	return 0;
}

int fsk_file_adopt_plain(struct fsk_file *out, intptr_t handle, struct fsk_err *err)
{
	return fsk_file_adopt(out, handle, err);
}

int fsk_file_open(struct fsk_file *out, const char *path, struct fsk_err *err)
{
	int n = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
	wchar_t *wide = n > 0 ? calloc((size_t) n, sizeof(*wide)) : NULL;
	HANDLE h;
	int rc;

	*out = (struct fsk_file){ .handle = -1 };
	if (wide == NULL)
		return fsk_err_set(err, FSK_EINVAL, "cannot open \"%s\": not UTF-8", path);
	MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, n);
	h = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
	                NULL, OPEN_EXISTING, 0, NULL);
	free(wide);
	if (h == INVALID_HANDLE_VALUE)
		return win_error(err, GetLastError(), "cannot open", path);
	rc = fsk_file_adopt(out, (intptr_t) h, err);
	if (rc < 0)
		CloseHandle(h);
	return rc;
}

int64_t fsk_file_pread(const struct fsk_file *f, void *buf, size_t n, uint64_t off,
                       struct fsk_err *err)
{
	size_t done = 0;

	while (done < n) {
		OVERLAPPED at = { .Offset = (DWORD) (off + done),
			          .OffsetHigh = (DWORD) ((off + done) >> 32) };
		DWORD piece = n - done > (1u << 30) ? 1u << 30 : (DWORD) (n - done), got = 0;

		if (!ReadFile((HANDLE) f->handle, (char *) buf + done, piece, &got, &at)) {
			if (GetLastError() == ERROR_HANDLE_EOF)
				break;
			return fsk_err_set(err, FSK_EIO, "byte %llu: system error %lu",
			                   (unsigned long long) (off + done),
			                   (unsigned long) GetLastError());
		}
		if (got == 0)
			break;
		done += got;
	}
	return (int64_t) done;
}

void fsk_file_prefetch(const struct fsk_file *f, uint64_t off, uint64_t n)
{
	(void) f;
	(void) off;
	(void) n;
}

void fsk_file_close(struct fsk_file *f)
{
	if (f->handle != -1)
		CloseHandle((HANDLE) f->handle);
	f->handle = -1;
}
