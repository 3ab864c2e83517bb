#include "core/keeper/host.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "core/archive/archive.h"
#include "core/base/digest.h"

char *fsk_host_program_dir(void)
{
	char path[4096];
	size_t n = sizeof(path);
	char *slash;

	if (uv_exepath(path, &n) < 0)
		return NULL;
	slash = strrchr(path, '/');
	if (slash == NULL)
		slash = strrchr(path, '\\');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return strdup(path);
}

json_t *fsk_host_describe(void)
{
	char name[UV_MAXHOSTNAMESIZE] = "";
	size_t n = sizeof(name);
	uv_utsname_t u = { 0 };

	uv_os_gethostname(name, &n);
	uv_os_uname(&u);
	return json_pack("{s:s, s:s, s:s, s:s}", "name", name, "os", u.sysname, "release",
	                 u.release, "machine", u.machine);
}

json_t *fsk_host_libraries(void)
{
	json_t *j = json_pack("{s:s, s:s, s:s}", "libuv", uv_version_string(), "jansson",
	                      jansson_version_str(), "openssl", fsk_digest_library());
	json_t *packing = fsk_archive_libraries();

	json_object_update_missing(j, packing);
	json_decref(packing);
	return j;
}

unsigned fsk_host_cores(void)
{
	unsigned n = uv_available_parallelism();

	return n > 0 ? n : 1;
}
