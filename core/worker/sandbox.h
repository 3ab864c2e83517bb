/* Lock-down: what a worker gives up before it reads the first byte of
 * evidence. sandbox_linux.c, sandbox_other.c.
 *
 * The model is OpenSSH's: several layers that do not depend on one another,
 * and a system call filter with three verdicts: what parsing needs is
 * allowed; what a library may try in good faith (opening a file) is refused
 * with EACCES; everything else ends the process. */
#ifndef FSK_WORKER_SANDBOX_H
#define FSK_WORKER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fsk_sandbox_layers {
	FSK_SANDBOX_NO_NEW_PRIVS = 1, /* no program that is started gains rights */
	FSK_SANDBOX_PARENT_DEATH = 2, /* the worker ends with its keeper */
	FSK_SANDBOX_NO_DUMP = 4,      /* no core file, no tracing by its own user */
	FSK_SANDBOX_CAPABILITIES = 8, /* root is no longer mighty */
	FSK_SANDBOX_RLIMITS = 16,     /* memory, descriptors, processes, file size */
	FSK_SANDBOX_LANDLOCK = 32,    /* no path can be opened, no TCP */
	FSK_SANDBOX_SECCOMP = 64,     /* the system call filter */
	FSK_SANDBOX_ALL = 127
};

struct fsk_sandbox_limits {
	uint64_t memory;      /* bytes of address space; 0: no limit */
	uint64_t descriptors; /* one more than the highest number in use */
	/* Starts the threads that the process will ever have; NULL: none. Called
	 * when what a thread inherits was given up, and before processes are
	 * limited; the filter, which comes last, is put on all threads at once. */
	void (*threads)(void *arg);
	void *arg;
};

struct fsk_sandbox_layer {
	const char *name;
	bool essential; /* --require-sandbox insists on it */
	bool held;
	char detail[160]; /* what it covers, or why it does not hold */
};

#define FSK_SANDBOX_LAYERS_MAX 8

struct fsk_sandbox_report {
	struct fsk_sandbox_layer layers[FSK_SANDBOX_LAYERS_MAX];
	size_t count;
};

/* Enters the layers in `which` (FSK_SANDBOX_ALL but in tests). There is no
 * way back. A layer that this kernel lacks or refuses is reported as not
 * held, and the rest is entered all the same. Must be called while the
 * process has one thread; none but those of limits->threads can follow. */
void fsk_sandbox_enter(struct fsk_sandbox_report *out, const struct fsk_sandbox_limits *limits,
                       unsigned which);

/* True when every essential layer was entered and holds. */
bool fsk_sandbox_holds(const struct fsk_sandbox_report *r);

/* Closes every descriptor except the `n` ones in `keep` (sorted). */
void fsk_sandbox_close_others(const int *keep, size_t n);

#endif
