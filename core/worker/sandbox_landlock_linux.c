/* Landlock (Documentation/userspace-api/landlock.rst of the kernel). The
 * constants stand here because the header of an older system lacks the newer
 * rights, while the kernel that runs may know them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/worker/sandbox_layers.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

#define CREATE_RULESET_VERSION 1u

/* struct landlock_ruleset_attr as of ABI 6 */
struct ruleset {
	uint64_t fs;     /* rights on files */
	uint64_t net;    /* ABI 4: bind and connect of TCP */
	uint64_t scoped; /* ABI 6: abstract sockets, signals */
};

/* Number of rights on files that an ABI knows; they are bits from 0 on. */
static unsigned fs_rights(long abi)
{
	if (abi >= 5)
		return 16; /* with device ioctl */
	if (abi >= 3)
		return 15; /* with truncate */
	return abi == 2 ? 14 : 13;
}

void fsk_sandbox_landlock(struct fsk_sandbox_layer *out)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset all = { 0 };
	int fd;

	if (abi < 1) {
		snprintf(out->detail, sizeof(out->detail), "not in this kernel: %s",
		         strerror(errno));
		return;
	}
	all.fs = (UINT64_C(1) << fs_rights(abi)) - 1;
	all.net = abi >= 4 ? 3 : 0;
	all.scoped = abi >= 6 ? 3 : 0;
	fd = (int) syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
		snprintf(out->detail, sizeof(out->detail), "refused: %s", strerror(errno));
	} else {
		out->held = true;
		snprintf(out->detail, sizeof(out->detail), "ABI %ld: no path%s%s", abi,
		         all.net ? ", no TCP" : "", all.scoped ? ", no signals outward" : "");
	}
	if (fd >= 0)
		close(fd);
}
