/* Is the output folder on the evidence? */
#include "core/archive/archive.h"

#include <stdlib.h>
#include <wchar.h>

#include <windows.h>
#include <winioctl.h>

#define EXTENTS_MAX 32

static HANDLE open_quietly(const char *path)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
	wchar_t *wide = n > 0 ? calloc((size_t) n, sizeof(*wide)) : NULL;
	HANDLE h = INVALID_HANDLE_VALUE;

	if (wide != NULL) {
		MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, n);
		/* no access is asked for: this is only to find out what it is */
		h = CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		                NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	}
	free(wide);
	return h;
}

/* The final path, with the volume's GUID in front; NULL if there is none. */
static wchar_t *final_path(HANDLE h)
{
	DWORD n = GetFinalPathNameByHandleW(h, NULL, 0, VOLUME_NAME_GUID);
	wchar_t *path = n > 0 ? calloc((size_t) n + 1, sizeof(*path)) : NULL;

	if (path != NULL && GetFinalPathNameByHandleW(h, path, n + 1, VOLUME_NAME_GUID) == 0) {
		free(path);
		return NULL;
	}
	return path;
}

/* The disks that a volume, or the volume of a path, lies on. */
static DWORD disks_of(DWORD disks[EXTENTS_MAX], HANDLE h)
{
	union {
		VOLUME_DISK_EXTENTS extents;
		char room[sizeof(VOLUME_DISK_EXTENTS) + EXTENTS_MAX * sizeof(DISK_EXTENT)];
	} u;
	STORAGE_DEVICE_NUMBER number;
	DWORD got = 0, n = 0;

	if (DeviceIoControl(h, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0, &u, sizeof(u), &got,
	                    NULL)) {
		for (; n < u.extents.NumberOfDiskExtents && n < EXTENTS_MAX; n++)
			disks[n] = u.extents.Extents[n].DiskNumber;
	} else if (DeviceIoControl(h, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &number,
	                           sizeof(number), &got, NULL)) {
		disks[n++] = number.DeviceNumber;
	}
	return n;
}

/* `path` begins with \\?\Volume{…}\; the volume itself has no last '\'. */
static HANDLE open_volume(const wchar_t *path)
{
	wchar_t volume[64];
	const wchar_t *end = wcschr(path, L'}');
	size_t n = end != NULL ? (size_t) (end - path) + 1 : 0;

	if (n == 0 || n >= sizeof(volume) / sizeof(volume[0]))
		return INVALID_HANDLE_VALUE;
	wmemcpy(volume, path, n);
	volume[n] = L'\0';
	return CreateFileW(volume, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
	                   NULL);
}

/* Device against the volume of the folder: the same disk, or a part of it. */
static bool is_device_of(HANDLE device, const wchar_t *dir)
{
	DWORD a[EXTENTS_MAX], b[EXTENTS_MAX], na, nb = 0;
	HANDLE volume = open_volume(dir);
	bool same = false;

	na = disks_of(a, device);
	if (volume != INVALID_HANDLE_VALUE) {
		nb = disks_of(b, volume);
		CloseHandle(volume);
	}
	for (DWORD i = 0; i < na; i++)
		for (DWORD k = 0; k < nb; k++)
			same = same || a[i] == b[k];
	return same;
}

static bool is_inside(const wchar_t *dir, const wchar_t *evidence)
{
	size_t n = wcslen(evidence);

	while (n > 0 && evidence[n - 1] == L'\\')
		n--;
	return _wcsnicmp(dir, evidence, n) == 0 && (dir[n] == L'\0' || dir[n] == L'\\');
}

static bool lies_on(const wchar_t *dir, const char *evidence)
{
	HANDLE h = open_quietly(evidence);
	wchar_t *path;
	bool hit;

	if (h == INVALID_HANDLE_VALUE)
		return false; /* whoever opens it will say so */
	path = final_path(h);
	hit = path != NULL ? is_inside(dir, path) : is_device_of(h, dir);
	free(path);
	CloseHandle(h);
	return hit;
}

int fsk_archive_check_target(const char *dir, const char *const *evidence, size_t n,
                             struct fsk_err *err)
{
	HANDLE h = open_quietly(dir);
	wchar_t *path = h != INVALID_HANDLE_VALUE ? final_path(h) : NULL;
	int rc = 0;

	if (h != INVALID_HANDLE_VALUE)
		CloseHandle(h);
	if (path == NULL)
		return fsk_err_set(err, FSK_ENOTFOUND, "cannot use output folder \"%s\"", dir);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (lies_on(path, evidence[i]))
			rc = fsk_err_set(err, FSK_EPERM,
			                 "will not write to \"%s\": it lies on the evidence \"%s\"",
			                 dir, evidence[i]);
	free(path);
	return rc;
}
