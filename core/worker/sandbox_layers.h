/* Layers that have a file of their own. Each fills in `held` and `detail`. */
#ifndef FSK_WORKER_SANDBOX_LAYERS_H
#define FSK_WORKER_SANDBOX_LAYERS_H

#include "core/worker/sandbox.h"

/* Landlock with every right handled and none granted. */
void fsk_sandbox_landlock(struct fsk_sandbox_layer *out);

/* The system call filter (libseccomp). */
void fsk_sandbox_seccomp(struct fsk_sandbox_layer *out);

/* What a build with sanitizers needs on top: names of system calls, ended by
 * NULL, whether a limit on address space can be set at all (the shadow
 * memory of AddressSanitizer alone takes terabytes of it), and where reports
 * go (standard error leads nowhere in a worker). */
struct fsk_sandbox_build {
	const char *const *extra_calls;
	bool limits_memory;
	/* sends the sanitizers' reports, if there are any, to a descriptor */
	void (*reports_to)(int fd);
};
extern const struct fsk_sandbox_build fsk_sandbox_build;

#endif
