#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/worker/sandbox_layers.h"

static void set_detail(struct fsk_sandbox_layer *l, bool held, const char *text)
{
	l->held = held;
	snprintf(l->detail, sizeof(l->detail), "%s", text);
}

static void set_errno(struct fsk_sandbox_layer *l, const char *call, int saved_errno)
{
	l->held = false;
	snprintf(l->detail, sizeof(l->detail), "%s: %s", call, strerror(saved_errno));
}

static void enter_no_new_privs(struct fsk_sandbox_layer *l)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		set_errno(l, "prctl(PR_SET_NO_NEW_PRIVS)", errno);
	else
		set_detail(l, true, "no setuid program raises privileges");
}

static void enter_parent_death(struct fsk_sandbox_layer *l)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		set_errno(l, "prctl(PR_SET_PDEATHSIG)", errno);
	else
		set_detail(l, true, "ends with the keeper");
}

static void enter_no_dump(struct fsk_sandbox_layer *l)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		set_errno(l, "prctl(PR_SET_DUMPABLE)", errno);
	else
		set_detail(l, true, "no core file, no tracing by the same user");
}

static void enter_capabilities(struct fsk_sandbox_layer *l)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &head, none) != 0)
		set_errno(l, "capset", errno);
	else
		set_detail(l, true, "all dropped");
}

static int limit(int resource, uint64_t value)
{
	struct rlimit r = { .rlim_cur = (rlim_t) value, .rlim_max = (rlim_t) value };
	struct rlimit now;

	/* raising a hard limit is refused, and a lower one serves as well */
	if (getrlimit(resource, &now) == 0 && now.rlim_max < r.rlim_max)
		r.rlim_cur = r.rlim_max = now.rlim_max;
	return setrlimit(resource, &r);
}

static void enter_rlimits(struct fsk_sandbox_layer *l, const struct fsk_sandbox_limits *limits)
{
	bool memory = limits->memory > 0 && fsk_sandbox_build.limits_memory;

	if (limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_FSIZE, 0) != 0 ||
	    limit(RLIMIT_NPROC, 0) != 0 || limit(RLIMIT_NOFILE, limits->descriptors) != 0 ||
	    (memory && limit(RLIMIT_AS, limits->memory) != 0)) {
		set_errno(l, "setrlimit", errno);
		return;
	}
	l->held = true;
	snprintf(l->detail, sizeof(l->detail), "memory %s, descriptors, processes, file size",
	         memory ? "limited" : "not limited in this build");
	if (memory)
		snprintf(l->detail, sizeof(l->detail),
		         "memory %llu MiB, no new descriptors, processes or file contents",
		         (unsigned long long) (limits->memory >> 20));
}

static struct fsk_sandbox_layer *add(struct fsk_sandbox_report *r, const char *name, bool essential)
{
	struct fsk_sandbox_layer *l = &r->layers[r->count++];

	l->name = name;
	l->essential = essential;
	return l;
}

void fsk_sandbox_enter(struct fsk_sandbox_report *out, const struct fsk_sandbox_limits *limits,
                       unsigned which)
{
	memset(out, 0, sizeof(*out));
	if (which & FSK_SANDBOX_PARENT_DEATH)
		enter_parent_death(add(out, "parent-death", false));
	if (which & FSK_SANDBOX_NO_DUMP)
		enter_no_dump(add(out, "no-dump", false));
	if (which & FSK_SANDBOX_CAPABILITIES)
		enter_capabilities(add(out, "capabilities", false));
	/* Landlock and the filter are refused to a process that could still gain rights */
	if (which & FSK_SANDBOX_NO_NEW_PRIVS)
		enter_no_new_privs(add(out, "no-new-privs", true));
	/* takes a descriptor for a moment, so it comes before these are limited */
	if (which & FSK_SANDBOX_LANDLOCK)
		fsk_sandbox_landlock(add(out, "landlock", false));
	/* what was given up so far is inherited; rlimits are the process's */
	if (limits->threads)
		limits->threads(limits->arg);
	if (which & FSK_SANDBOX_RLIMITS)
		enter_rlimits(add(out, "rlimits", false), limits);
	if (which & FSK_SANDBOX_SECCOMP)
		fsk_sandbox_seccomp(add(out, "seccomp", true));
}

bool fsk_sandbox_holds(const struct fsk_sandbox_report *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->layers[i].essential && !r->layers[i].held)
			return false;
	return r->count > 0;
}

static void close_between(unsigned first, unsigned last)
{
	struct rlimit r;
	unsigned end = last;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < end)
		end = (unsigned) r.rlim_cur;
	for (unsigned fd = first; fd < end; fd++)
		close((int) fd);
}

void fsk_sandbox_close_others(const int *keep, size_t n)
{
	unsigned next = 0;

	for (size_t i = 0; i < n; i++) {
		if (keep[i] > (int) next)
			close_between(next, (unsigned) keep[i] - 1);
		next = (unsigned) keep[i] + 1;
	}
	close_between(next, ~0u);
}
