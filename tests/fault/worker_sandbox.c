/* The lock-down tried from inside, with the very code of the worker: each
 * trial is a child that enters some layers and then does one thing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/worker/sandbox.h"

#define FILTER (FSK_SANDBOX_NO_NEW_PRIVS | FSK_SANDBOX_SECCOMP)
#define LANDLOCK (FSK_SANDBOX_NO_NEW_PRIVS | FSK_SANDBOX_LANDLOCK)

enum verdict { WORKS, REFUSED, OTHER_ERROR, NOT_HELD, KILLED, DIED };
static const char *const verdict_names[] = {
	"works", "is refused", "fails otherwise", "layer does not hold", "ends the process", "died"
};

/* opened before the lock-down, as evidence is */
static struct {
	int file, folder, sock[2], tcp;
	char path[64];
} held;

static int number;

static void tap(int ok, const char *what, const char *directive)
{
	printf("%sok %d - %s%s\n", ok ? "" : "not ", ++number, what, directive);
}

static long try_open(void)
{
#ifdef SYS_open
	return syscall(SYS_open, "/etc/passwd", O_RDONLY);
#else
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
#endif
}

static long try_openat(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static long try_openat_held(void)
{
	return syscall(SYS_openat, held.folder, "evidence", O_RDONLY);
}

static long try_openat2(void)
{
	uint64_t how[3] = { O_RDONLY, 0, 0 };

	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof(how));
}

static long try_create(void)
{
	return syscall(SYS_openat, held.folder, "new", O_WRONLY | O_CREAT, 0600);
}

static long try_stat(void)
{
	struct stat st;

	return syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, 0);
}

static long try_statx(void)
{
	char buf[512];

	return syscall(SYS_statx, AT_FDCWD, "/etc/passwd", 0, 0xfff, buf);
}

static long try_access(void)
{
	return syscall(SYS_faccessat, AT_FDCWD, "/etc/passwd", R_OK);
}

static long try_readlink(void)
{
	char buf[64];

	return syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", buf, sizeof(buf));
}

static long try_getdents(void)
{
	char buf[1024];

	return syscall(SYS_getdents64, held.folder, buf, sizeof(buf));
}

static long try_unlink(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD, held.path, 0);
}

static long try_mkdir(void)
{
	return syscall(SYS_mkdirat, held.folder, "folder", 0700);
}

static long try_write_evidence(void)
{
	return syscall(SYS_pwrite64, held.file, "x", 1, 0);
}

static long try_socket(void)
{
	return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long try_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return syscall(SYS_connect, held.tcp, &to, sizeof(to));
}

static long try_bind(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };

	return syscall(SYS_bind, held.tcp, &to, sizeof(to));
}

static long try_execve(void)
{
	char *const argv[] = { (char *) "true", NULL };

	return syscall(SYS_execve, "/bin/true", argv, NULL);
}

static long try_execveat(void)
{
	char *const argv[] = { (char *) "true", NULL };

	return syscall(SYS_execveat, held.file, "", argv, NULL, AT_EMPTY_PATH);
}

static long try_clone(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_pread(void);
static long try_use_root(void);

/* A thread that sleeps while its process locks itself down, and then does
 * what it is told. */
static struct {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	long (*job)(void);
	long rc;
	int error;
} sleeper = { .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER };

static void *sleep_then_work(void *arg)
{
	(void) arg;
	pthread_mutex_lock(&sleeper.lock);
	while (!sleeper.job)
		pthread_cond_wait(&sleeper.cond, &sleeper.lock);
	errno = 0;
	sleeper.rc = sleeper.job();
	sleeper.error = errno;
	pthread_mutex_unlock(&sleeper.lock);
	return NULL;
}

static void start_sleeper(void *arg)
{
	(void) arg;
	if (pthread_create(&sleeper.id, NULL, sleep_then_work, NULL) != 0)
		_exit(DIED);
}

static long in_thread(long (*job)(void))
{
	pthread_mutex_lock(&sleeper.lock);
	sleeper.job = job;
	pthread_cond_signal(&sleeper.cond);
	pthread_mutex_unlock(&sleeper.lock);
	pthread_join(sleeper.id, NULL);
	errno = sleeper.error;
	return sleeper.rc;
}

static long thread_opens(void)
{
	return in_thread(try_openat);
}

static long thread_executes(void)
{
	return in_thread(try_execve);
}

static long thread_chroots(void)
{
	return in_thread(try_use_root);
}

static long thread_reads(void)
{
	return in_thread(try_pread);
}

static long thread_forks(void)
{
	return in_thread(try_clone);
}

static long try_thread(void)
{
	pthread_t id;
	int rc = pthread_create(&id, NULL, sleep_then_work, NULL);

	if (rc == 0)
		return 0;
	errno = rc;
	return -1;
}

#ifdef SYS_fork
static long try_fork(void)
{
	long pid = syscall(SYS_fork);

	if (pid == 0)
		_exit(0);
	return pid;
}
#endif

static long try_clone3(void)
{
	uint64_t args[8] = { 0, 0, 0, 0, SIGCHLD };
	long pid = syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long try_ptrace(void)
{
	return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static long try_process_vm(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long try_mount(void)
{
	return syscall(SYS_mount, "none", "/nonexistent", "tmpfs", 0, NULL);
}

static long try_unshare(void)
{
	return syscall(SYS_unshare, CLONE_NEWUTS);
}

static long try_setuid(void)
{
	return syscall(SYS_setuid, 65534);
}

static long try_keyctl(void)
{
	return syscall(SYS_keyctl, 0, -1, 0, 0, 0);
}

static long try_io_uring(void)
{
	char params[120] = { 0 };

	return syscall(425 /* io_uring_setup */, 1, params);
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long try_memfd(void)
{
	return syscall(SYS_memfd_create, "x", 0);
}

static long try_kill_parent(void)
{
	return syscall(SYS_kill, getppid(), 0);
}

static long try_tgkill_parent(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long try_kill_self(void)
{
	return syscall(SYS_kill, getpid(), 0);
}

static long try_mmap_exec(void)
{
	return syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	               0) == -1
	           ? -1
	           : 0;
}

static long try_mprotect_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return syscall(SYS_mprotect, p, 4096, PROT_READ | PROT_EXEC);
}

static long try_raise_limit(void)
{
	struct rlimit r = { .rlim_cur = 64, .rlim_max = 64 };

	return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &r, NULL);
}

static long try_read(void)
{
	char c;

	return lseek(held.file, 0, SEEK_SET) == 0 && read(held.file, &c, 1) == 1 && c == 'e' ? 0
	                                                                                     : -1;
}

static long try_pread(void)
{
	char c[8];

	return pread(held.file, c, 8, 0) == 8 && memcmp(c, "evidence", 8) == 0 ? 0 : -1;
}

static long try_talk(void)
{
	char c;

	return write(held.sock[0], "x", 1) == 1 && read(held.sock[1], &c, 1) == 1 && c == 'x' ? 0
	                                                                                      : -1;
}

static long try_memory(void)
{
	volatile char *p = malloc(8 << 20);

	if (!p)
		return -1;
	p[(8 << 20) - 1] = 1;
	free((void *) p);
	return 0;
}

static long try_much_memory(void)
{
	void *p = mmap(NULL, (size_t) 4 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED && errno == ENOMEM)
		errno = EACCES; /* the refusal that was meant */
	return p == MAP_FAILED ? -1 : 0;
}

static long try_dup(void)
{
	int fd = dup(held.file);

	if (fd < 0 && errno == EMFILE)
		errno = EACCES;
	return fd;
}

static long try_use_root(void)
{
	return syscall(SYS_chroot, "/");
}

static long try_gain(void)
{
	errno = EACCES;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0;
}

static long try_dump(void)
{
	errno = EACCES;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? -1 : 0;
}

struct trial {
	const char *name;
	unsigned layers;
	long (*run)(void);
	enum verdict wanted;
};

static const struct trial trials[] = {
	{ "read and lseek of a passed descriptor", FSK_SANDBOX_ALL, try_read, WORKS },
	{ "pread of a passed descriptor", FSK_SANDBOX_ALL, try_pread, WORKS },
	{ "a passed socket", FSK_SANDBOX_ALL, try_talk, WORKS },
	{ "memory", FSK_SANDBOX_ALL, try_memory, WORKS },
	{ "a signal to itself", FSK_SANDBOX_ALL, try_kill_self, WORKS },

	{ "filter: open", FILTER, try_open, REFUSED },
	{ "filter: openat", FILTER, try_openat, REFUSED },
	{ "filter: openat below a passed folder", FILTER, try_openat_held, REFUSED },
	{ "filter: openat2", FILTER, try_openat2, REFUSED },
	{ "filter: creating a file", FILTER, try_create, REFUSED },
	{ "filter: stat", FILTER, try_stat, REFUSED },
	{ "filter: statx", FILTER, try_statx, REFUSED },
	{ "filter: access", FILTER, try_access, REFUSED },
	{ "filter: readlink", FILTER, try_readlink, REFUSED },
	{ "filter: getdents of a passed folder", FILTER, try_getdents, REFUSED },
	{ "filter: unlink", FILTER, try_unlink, REFUSED },
	{ "filter: mkdir", FILTER, try_mkdir, REFUSED },
	{ "filter: pwrite to evidence", FILTER, try_write_evidence, REFUSED },
	{ "filter: socket", FILTER, try_socket, REFUSED },
	{ "filter: memfd_create", FILTER, try_memfd, REFUSED },
	{ "filter: a signal to the parent", FILTER, try_kill_parent, KILLED },
	{ "filter: tgkill of the parent", FILTER, try_tgkill_parent, KILLED },
	{ "filter: mapping code", FILTER, try_mmap_exec, REFUSED },
	{ "filter: making memory code", FILTER, try_mprotect_exec, REFUSED },
	{ "filter: changing a limit", FILTER, try_raise_limit, REFUSED },
	{ "filter: clone3", FILTER, try_clone3, OTHER_ERROR }, /* ENOSYS: libc asks clone then */

	{ "filter: connect of a passed socket", FILTER, try_connect, KILLED },
	{ "filter: bind of a passed socket", FILTER, try_bind, KILLED },
	{ "filter: execve", FILTER, try_execve, KILLED },
	{ "filter: execveat", FILTER, try_execveat, KILLED },
#ifdef SYS_fork
	{ "filter: fork", FILTER, try_fork, KILLED },
#endif
	{ "filter: clone of a process", FILTER, try_clone, KILLED },
	{ "filter: ptrace", FILTER, try_ptrace, KILLED },
	{ "filter: process_vm_readv", FILTER, try_process_vm, KILLED },
	{ "filter: mount", FILTER, try_mount, KILLED },
	{ "filter: unshare", FILTER, try_unshare, KILLED },
	{ "filter: setuid", FILTER, try_setuid, KILLED },
	{ "filter: keyctl", FILTER, try_keyctl, KILLED },
	{ "filter: io_uring_setup", FILTER, try_io_uring, KILLED },
	{ "filter: bpf", FILTER, try_bpf, KILLED },

	{ "filter: another thread", FILTER, try_thread, REFUSED },
	{ "filter: open in a thread that was there before", FILTER, thread_opens, REFUSED },
	{ "filter: execve in a thread that was there before", FILTER, thread_executes, KILLED },
	{ "filter: a process from a thread that was there before", FILTER, thread_forks, KILLED },
	{ "Landlock alone: open in the thread", LANDLOCK, thread_opens, REFUSED },
	{ "capabilities alone: what only root may, in the thread", FSK_SANDBOX_CAPABILITIES,
	  thread_chroots, REFUSED },
	{ "pread of a passed descriptor in the thread", FSK_SANDBOX_ALL, thread_reads, WORKS },

	{ "Landlock alone: open", LANDLOCK, try_openat, REFUSED },
	{ "Landlock alone: openat below a passed folder", LANDLOCK, try_openat_held, REFUSED },
	{ "Landlock alone: creating a file", LANDLOCK, try_create, REFUSED },
	{ "Landlock alone: unlink", LANDLOCK, try_unlink, REFUSED },
	{ "Landlock alone: mkdir", LANDLOCK, try_mkdir, REFUSED },
	{ "Landlock alone: execve", LANDLOCK, try_execve, REFUSED },
	{ "Landlock alone: pread of a passed descriptor", LANDLOCK, try_pread, WORKS },

	{ "limits alone: another descriptor", FSK_SANDBOX_RLIMITS, try_dup, REFUSED },
	{ "no-dump alone", FSK_SANDBOX_NO_DUMP, try_dump, REFUSED },
	{ "no-new-privs alone", FSK_SANDBOX_NO_NEW_PRIVS, try_gain, REFUSED },
	{ "capabilities alone: what only root may", FSK_SANDBOX_CAPABILITIES, try_use_root,
	  REFUSED },
};

/* What depends on the kernel's version or on the build. */
static const struct trial net_trials[] = {
	{ "Landlock alone: connect", LANDLOCK, try_connect, REFUSED },
	{ "Landlock alone: bind", LANDLOCK, try_bind, REFUSED },
};
static const struct trial scope_trial = { "Landlock alone: a signal to the parent", LANDLOCK,
	                                  try_kill_parent, REFUSED };
static const struct trial memory_trial = { "limits alone: memory beyond the limit",
	                                   FSK_SANDBOX_RLIMITS, try_much_memory, REFUSED };

static int highest(void)
{
	int all[] = { held.file, held.folder, held.sock[0], held.sock[1], held.tcp };
	int top = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		top = all[i] > top ? all[i] : top;
	return top;
}

static _Noreturn void child(const struct trial *t)
{
	struct fsk_sandbox_limits limits = { .memory = (uint64_t) 1 << 30,
		                             .threads = start_sleeper };
	struct fsk_sandbox_report r;
	long rc;

	limits.descriptors = (uint64_t) highest() + 1;
	fsk_sandbox_enter(&r, &limits, t->layers);
	for (size_t i = 0; i < r.count; i++)
		if (!r.layers[i].held && t->layers != FSK_SANDBOX_ALL)
			_exit(NOT_HELD);
	rc = t->run();
	if (rc >= 0)
		_exit(WORKS);
	_exit(errno == EACCES || errno == EPERM ? REFUSED : OTHER_ERROR);
}

static enum verdict run(const struct trial *t)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(t);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return DIED;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : DIED;
	return (enum verdict) WEXITSTATUS(status);
}

static void check(const struct trial *t)
{
	enum verdict got = run(t);

	if (got == NOT_HELD) {
		tap(1, t->name, " # SKIP this kernel or build does not have the layer");
		return;
	}
	tap(got == t->wanted, t->name, "");
	if (got != t->wanted)
		printf("# %s, wanted: %s\n", verdict_names[got], verdict_names[t->wanted]);
}

static void check_if(int possible, const struct trial *t, const char *directive)
{
	if (possible)
		check(t);
	else
		tap(1, t->name, directive);
}

static long landlock_abi(void)
{
	return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
}

static void check_holds(void)
{
	struct fsk_sandbox_report none = { .count = 0 };
	struct fsk_sandbox_report some = {
		.count = 2,
		.layers = { { .name = "seccomp", .essential = true, .held = true },
		            { .name = "landlock", .essential = false, .held = false } }
	};
	struct fsk_sandbox_report lost = some;

	lost.layers[0].held = false;
	tap(fsk_sandbox_holds(&some), "a layer that is not essential may be missing", "");
	tap(!fsk_sandbox_holds(&lost), "an essential layer may not", "");
	tap(!fsk_sandbox_holds(&none), "no layers are no lock-down", "");
}

static void check_close_others(void)
{
	int keep[] = { 1, 7, 9 };
	int status = 0, wrong = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		for (int fd = 3; fd < 40; fd++)
			dup2(held.file, fd);
		fsk_sandbox_close_others(keep, 3);
		for (int fd = 0; fd < 40; fd++)
			wrong += (fcntl(fd, F_GETFD) >= 0) != (fd == 1 || fd == 7 || fd == 9);
		_exit(wrong);
	}
	waitpid(pid, &status, 0);
	tap(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "descriptors that are not kept are closed", "");
}

static int set_up(char *folder)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(held.path, sizeof(held.path), "%s/evidence", folder);
	held.file = open(held.path, O_RDWR | O_CREAT, 0600);
	held.folder = open(folder, O_RDONLY | O_DIRECTORY);
	held.tcp = socket(AF_INET, SOCK_STREAM, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, held.sock) != 0)
		return -1;
	return held.file < 0 || held.folder < 0 || write(held.file, "evidence", 8) != 8 ? -1 : 0;
}

int main(void)
{
	char folder[] = "/tmp/fossick-sandbox.XXXXXX";
	long abi = landlock_abi();

	if (set_up(folder) != 0) {
		printf("1..0 # SKIP cannot make a scratch folder\n");
		return 0;
	}
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		check(&trials[i]);
	for (size_t i = 0; i < 2; i++)
		check_if(abi >= 4 && held.tcp >= 0, &net_trials[i],
		         " # SKIP Landlock of this kernel knows no network");
	check_if(abi >= 6, &scope_trial, " # SKIP Landlock of this kernel knows no signals");
#ifdef __SANITIZE_ADDRESS__
	check_if(0, &memory_trial, " # SKIP AddressSanitizer leaves address space unlimited");
#else
	check(&memory_trial);
#endif
	check_close_others();
	check_holds();
	unlink(held.path);
	rmdir(folder);
	printf("1..%d\n", number);
	return 0;
}
