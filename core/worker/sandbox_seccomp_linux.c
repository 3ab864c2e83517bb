#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/worker/sandbox_layers.h"

/* What reading passed descriptors and computing takes. Names that the
 * machine's architecture does not have are skipped. */
static const char *const allowed[] = {
	/* evidence, channel, log, broker */
	"read", "pread64", "readv", "preadv", "lseek", "_llseek", "write", "writev", "close",
	"fadvise64", "fadvise64_64", "arm_fadvise64_64", "fstat", "fstat64", "sendmsg", "sendto",
	"recvmsg", "recvfrom", "poll", "ppoll", "ppoll_time64",
	/* memory */
	"brk", "munmap", "mremap", "madvise",
	/* the threads that there are */
	"futex", "futex_time64", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity",
	"getcpu", "nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "restart_syscall",
	/* signals, and the way out */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "exit",
	"exit_group",
	/* harmless questions */
	"getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "clock_gettime",
	"clock_gettime64", "clock_getres", "clock_getres_time64", "gettimeofday", "time",
	"getrusage", "getrlimit", "ugetrlimit", "sysinfo", "uname", "getrandom", NULL
};

/* What a library may try in good faith; it must cope with being refused. */
static const char *const refused[] = {
	"open",         "openat",     "openat2",     "open_by_handle_at",
	"access",       "faccessat",  "faccessat2",  "stat",
	"stat64",       "lstat",      "lstat64",     "fstatat64",
	"newfstatat",   "statx",      "statfs",      "statfs64",
	"fstatfs",      "fstatfs64",  "readlink",    "readlinkat",
	"getdents",     "getdents64", "getcwd",      "chdir",
	"fchdir",       "unlink",     "unlinkat",    "rename",
	"renameat",     "renameat2",  "mkdir",       "mkdirat",
	"rmdir",        "link",       "linkat",      "symlink",
	"symlinkat",    "mknod",      "mknodat",     "chmod",
	"fchmod",       "fchmodat",   "chown",       "fchown",
	"fchownat",     "lchown",     "truncate",    "ftruncate",
	"fallocate",    "utime",      "utimes",      "utimensat",
	"umask",        "pwrite64",   "pwritev",     "fsync",
	"fdatasync",    "ioctl",      "fcntl",       "fcntl64",
	"prctl",        "socket",     "socketpair",  "getsockopt",
	"setsockopt",   "setrlimit",  "setpriority", "sched_setaffinity",
	"mlock",        "mlock2",     "shmget",      "shmat",
	"memfd_create", NULL
};

static int add_all(scmp_filter_ctx ctx, uint32_t action, const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);
		int rc;

		if (nr == __NR_SCMP_ERROR)
			continue;
		rc = seccomp_rule_add(ctx, action, nr, 0);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Allows the call when `yes` holds and refuses it when `no` does. */
static int add_pair(scmp_filter_ctx ctx, int nr, struct scmp_arg_cmp yes, struct scmp_arg_cmp no)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1, yes);

	return rc ? rc : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), nr, 1, no);
}

/* Memory, but none that holds code. */
static int add_memory(scmp_filter_ctx ctx)
{
	static const char *const calls[] = { "mmap", "mmap2", "mprotect" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int nr = seccomp_syscall_resolve_name(calls[i]);
		int rc = add_pair(ctx, nr, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Signals to oneself only: abort() is one. */
static int add_signals(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t) getpid());
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, self);

	return rc ? rc : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self);
}

/* A thread more is refused, a process is not forgiven. clone3 hides its flags
 * behind a pointer, and libc falls back to clone when it is not there. */
static int add_threads(scmp_filter_ctx ctx)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(clone), 1,
	                          SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));

	return rc ? rc : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* Limits may be read, not set. */
static int add_limits(scmp_filter_ctx ctx)
{
	return add_pair(ctx, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_NE, 0));
}

static int load(scmp_filter_ctx ctx)
{
	const uint32_t no = SCMP_ACT_ERRNO(EACCES);
	int rc;

	/* a sorted tree instead of a list: reads are many and small */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	/* all threads or none */
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, allowed);
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, fsk_sandbox_build.extra_calls);
	if (rc == 0)
		rc = add_all(ctx, no, refused);
	if (rc == 0)
		rc = add_memory(ctx);
	if (rc == 0)
		rc = add_signals(ctx);
	if (rc == 0)
		rc = add_threads(ctx);
	if (rc == 0)
		rc = add_limits(ctx);
	return rc ? rc : seccomp_load(ctx);
}

void fsk_sandbox_seccomp(struct fsk_sandbox_layer *out)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? load(ctx) : -ENOMEM;

	seccomp_release(ctx);
	out->held = rc == 0;
	if (rc == 0)
		snprintf(out->detail, sizeof(out->detail),
		         "%zu calls allowed, %zu refused, the rest ends the process",
		         sizeof(allowed) / sizeof(allowed[0]) - 1,
		         sizeof(refused) / sizeof(refused[0]) - 1);
	else
		snprintf(out->detail, sizeof(out->detail), "the kernel refuses the filter: %s",
		         strerror(-rc));
}
