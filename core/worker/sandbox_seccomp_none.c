/* Builds without libseccomp. */
#include <stdio.h>

#include "core/worker/sandbox_layers.h"

void fsk_sandbox_seccomp(struct fsk_sandbox_layer *out)
{
	snprintf(out->detail, sizeof(out->detail), "this program was built without libseccomp");
}
