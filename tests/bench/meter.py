"""Runs one command and says what it cost: wall clock, CPU of all its processes, memory.

CPU is what the kernel counts for every process that the command started, also for
daemons (FUSE) that live on by themselves: this process adopts and waits for them.
Memory is read from /proc while the command runs, every 10 ms: the sum of the resident
memory of all its processes, and the most that a single process ever had. A page that two
processes share counts twice in the sum. (The kernel's own ru_maxrss will not do: it begins
with what this process had when it forked.)"""
import ctypes
import os
import subprocess
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
INTERVAL = 0.01  # seconds between two looks at /proc
STRAY = 10  # seconds that a daemon may take to end after the command


def adopt_orphans():
    """What our children leave behind becomes our child, so that it is counted."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parent_of(pid):
    with open(f"/proc/{pid}/stat", "rb") as f:
        return int(f.read().rsplit(b")", 1)[1].split()[1])


def command_line(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read()


def resident(pid):
    """(now, at most) in bytes; (0, 0) of a process that has ended but was not waited for."""
    now = most = 0
    with open(f"/proc/{pid}/status", "rb") as f:
        for line in f:
            if line.startswith(b"VmHWM:"):
                most = int(line.split()[1]) << 10
            elif line.startswith(b"VmRSS:"):
                now = int(line.split()[1]) << 10
                break
    return now, most


class Sampler(threading.Thread):
    """Looks at all descendants of this process until stop() is called."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak = self.largest = 0
        self._end = threading.Event()
        self._strangers = {int(n) for n in os.listdir("/proc") if n.isdigit()}
        self._family = {os.getpid()}

    def run(self):
        while not self._end.wait(INTERVAL):
            self._look()

    def stop(self):
        self._end.set()
        self.join()

    def _look(self):
        alive = {int(n) for n in os.listdir("/proc") if n.isdigit()}
        total = 0
        for pid in sorted(alive - self._strangers):
            try:
                if self._is_ours(pid):
                    now, most = resident(pid)
                    total += now
                    self.largest = max(self.largest, most)
            except (OSError, ValueError):
                continue  # it has ended
        self.peak = max(self.peak, total)

    def _is_ours(self, pid):
        """Known, or the child of a known one. What has our own command line was forked by
        us this moment and still has our memory."""
        if pid not in self._family and parent_of(pid) in self._family and \
                command_line(pid) != command_line("self"):
            self._family.add(pid)
        return pid in self._family


def seconds(rusage):
    return rusage.ru_utime + rusage.ru_stime


def wait_for(pid):
    """Waits for one child: (exit status, CPU seconds), with those of adopted ones that end
    meanwhile."""
    cpu = 0.0
    while True:
        ended, status, rusage = os.wait4(-1, 0)
        cpu += seconds(rusage)
        if ended == pid:
            return os.waitstatus_to_exitcode(status), cpu


def wait_for_strays():
    """Waits for the daemons: their CPU seconds. RuntimeError if one does not end."""
    cpu, until = 0.0, time.monotonic() + STRAY
    while time.monotonic() < until:
        try:
            ended, _, rusage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return cpu
        if ended:
            cpu += seconds(rusage)
        else:
            time.sleep(0.01)
    raise RuntimeError("a process of it goes on")


def time_of(text, pipe, out, begin):
    """Copies the pipe to a file; seconds until a line had the text, or None."""
    seen = None
    for line in pipe:
        if seen is None and text in line:
            seen = time.perf_counter() - begin
        out.write(line)
    return seen


def measure(command, env, log, until=None):
    """Runs the text `command` in a shell; what it prints and says goes to the file `log`.
    {"wall": s, "cpu": s, "peak": bytes, "largest": bytes, "status": exit status}. With `until`,
    "wall" is the time until a line with that text comes; the rest is that of the whole run."""
    adopt_orphans()
    sampler, seen = Sampler(), None
    with open(log, "wb") as out:
        sampler.start()
        begin = time.perf_counter()
        process = subprocess.Popen(["sh", "-c", command], env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE if until else out,
                                   stderr=subprocess.STDOUT)
        if until:
            seen = time_of(until.encode(), process.stdout, out, begin)
            process.stdout.close()
        process.returncode, cpu = wait_for(process.pid)
        wall = time.perf_counter() - begin
    cpu += wait_for_strays()
    sampler.stop()
    if until and seen is None:
        raise RuntimeError("no line with: " + until)
    return {"wall": seen if until else wall, "cpu": cpu,
            "peak": max(sampler.peak, sampler.largest), "largest": sampler.largest,
            "status": process.returncode}
