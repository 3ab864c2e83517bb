#include "core/worker/sandbox_layers.h"

static const char *const nothing[] = {NULL};

const struct fsk_sandbox_build fsk_sandbox_build = {
	.extra_calls = nothing,
	.limits_memory = true,
};
