"""Speaks core/ipc/message.h to a worker, as the keeper does."""
import fcntl
import json
import os
import signal
import socket
import struct
import threading

TYPES = {
    "SETUP": 1, "TEXT": 2, "LOCK": 3, "SKIP": 4, "TASK": 5, "QUIT": 6,
    "HELLO": 32, "LOCKED": 33, "BEGIN": 34, "SOURCE": 35, "VOLUME": 36, "PLUGIN": 37,
    "ENTRY": 38, "RECORD": 39, "FINDING": 40, "ANOMALY": 41, "COLLECT": 42, "FILE": 43,
    "DATA": 44, "CLOSE": 45, "DONE": 46, "FAILED": 47,
    "HASHED": 48, "VERIFIED": 49, "HIVE": 50, "PLAN": 51, "MACHINE": 52, "PAYLOAD": 53,
}
NAMES = {number: name for name, number in TYPES.items()}


def high(fd):
    """The same descriptor under a number that nothing below will overwrite."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 200)


class Worker:
    """One process. `segments` are paths of one source's segment files;
    `through` are the words of a command that starts the program."""

    def __init__(self, segments=(), setup=None, texts=(), lock=True, through=()):
        ours, theirs = socket.socketpair()
        log_read, log_write = os.pipe()
        files = [os.open(path, os.O_RDONLY) for path in segments]
        null = os.open(os.devnull, os.O_RDWR)
        wanted = {0: null, 1: null, 2: null, 3: theirs.fileno(), 4: log_write}
        wanted.update({6 + i: fd for i, fd in enumerate(files)})
        moved = {to: high(fd) for to, fd in wanted.items()}
        actions = [(os.POSIX_SPAWN_DUP2, fd, to) for to, fd in moved.items()]
        command = [*through, os.environ["FOSSICK_WORKER"]]
        env = {k: v for k, v in os.environ.items() if k.startswith(("ASAN", "UBSAN"))}
        self.pid = os.posix_spawn(command[0], command, env, file_actions=actions)
        for fd in [*moved.values(), *files, null, log_write]:
            os.close(fd)
        theirs.close()
        self.sock, self.got, self.ended = ours, b"", None
        self.log = []
        self.reader = threading.Thread(target=self._read_log, args=(log_read,), daemon=True)
        self.reader.start()
        self.hello = self.receive()
        if lock:
            self.setup(segments, setup or {}, texts)

    def _read_log(self, fd):
        with os.fdopen(fd, "r", errors="replace") as lines:
            self.log.extend(line.rstrip("\n") for line in lines)

    def setup(self, segments, extra, texts):
        head = {"sources": [], "limits": {"memory": 3 << 30, "file_size": 16 << 30}}
        if segments:
            head["sources"].append({
                "source": 0, "name": os.path.basename(segments[0]), "kind": "files",
                "segments": [{"fd": 6 + i, "name": os.path.basename(p), "size": os.path.getsize(p)}
                             for i, p in enumerate(segments)]})
        self.send("SETUP", {**head, **extra})
        for text in texts:
            self.send("TEXT", text[0], text[1])
        self.send("LOCK", {})
        self.locked = self.receive()

    def send(self, name, head, blob=b""):
        text = json.dumps(head).encode()
        rest = struct.pack("<BBHI", TYPES[name], 0, 0, len(text)) + text + blob
        self.raw(struct.pack("<I", len(rest)) + rest)

    def raw(self, data):
        self.sock.sendall(data)

    def _exactly(self, n):
        while len(self.got) < n:
            try:
                piece = self.sock.recv(1 << 20)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self.got += piece
        out, self.got = self.got[:n], self.got[n:]
        return out

    def receive(self):
        """(name, head, blob), or None at the end of the stream."""
        prefix = self._exactly(4)
        rest = prefix and self._exactly(struct.unpack("<I", prefix)[0])
        if rest is None:
            return None
        kind, _, _, n = struct.unpack("<BBHI", rest[:8])
        # a RECORD has no head: all of it is in the blob
        return NAMES[kind], json.loads(rest[8:8 + n] or rest[8:]), rest[8 + n:]

    def task(self, op, **more):
        """Messages of one task up to DONE or FAILED, or to the end of the worker."""
        self.send("TASK", {"task": 1, "op": op, **more})
        out = []
        while True:
            message = self.receive()
            if message is None:
                return out
            out.append(message)
            if message[0] in ("DONE", "FAILED"):
                return out

    def end(self):
        """Waits for the end: exit status, or minus the signal."""
        if self.ended is None:
            self.sock.close()
            status = os.waitpid(self.pid, 0)[1]
            self.ended = os.waitstatus_to_exitcode(status)
            self.reader.join()
        return self.ended

    def quit(self):
        self.send("QUIT", {})
        return self.end()

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        return self.end()


class Tap:
    def __init__(self):
        self.n = 0

    def ok(self, good, name, comment=""):
        self.n += 1
        print(f"{'' if good else 'not '}ok {self.n} - {name}")
        if not good and comment != "":
            for line in str(comment).splitlines():
                print(f"# {line}")

    def equal(self, got, wanted, name):
        self.ok(got == wanted, name, f"got:    {got!r}\nwanted: {wanted!r}")

    def skip(self, name, reason):
        self.n += 1
        print(f"ok {self.n} - {name} # SKIP {reason}")

    def done(self):
        print(f"1..{self.n}")
