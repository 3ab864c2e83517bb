/* selftest: misbehaves on request, so that tests can see what the rest does
 * when C code crashes, hangs or takes memory. In builds with
 * --enable-fault-injection only. */
#include <stdlib.h>
#include <string.h>

#include "core/module/module.h"

/* Functions of this module for which the compiler must not be clever. */
static volatile int *volatile nowhere;
static volatile unsigned long long turns;

/* selftest.crash(): writes to address 0, unseen by sanitizers. */
__attribute__((no_sanitize("undefined", "address"))) static int selftest_crash(
    const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) host;
	(void) call;
	(void) self;
	*nowhere = 1;
	return 0;
}

/* selftest.spin(): never returns. */
static int selftest_spin(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) host;
	(void) call;
	(void) self;
	for (;;)
		turns++;
	return 0;
}

/* selftest.alloc(n): takes n MiB, touches them, gives them back; true, or
 * nil and why. */
static int selftest_alloc(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	size_t n = (size_t) host->arg_int(call, 0) << 20;
	struct fsk_err err;
	char *p = malloc(n);

	(void) self;
	if (p == NULL) {
		fsk_err_set(&err, FSK_ENOMEM, "no memory for %zu bytes", n);
		return host->fail(call, &err);
	}
	for (size_t i = 0; i < n; i += 4096)
		((volatile char *) p)[i] = 1;
	free(p);
	host->push_bool(call, true);
	return 1;
}

static const struct fsk_function functions[] = {
	{ "crash", selftest_crash },
	{ "spin", selftest_spin },
	{ "alloc", selftest_alloc },
	{ NULL, NULL },
};

extern const struct fsk_module fsk_selftest_module;

const struct fsk_module fsk_selftest_module = {
	.abi = FSK_MODULE_ABI,
	.name = "selftest",
	.summary = "crashes, hangs and takes memory on request; test builds only",
	.functions = functions,
};
