"""Runs fossick and its peers on the same image in turns, prints a table and writes
bench.json. `make bench` calls it; all settings are in the environment:

  BENCH_IMAGE  .../disk: disk.E01 and disk.raw are there; without it an image is made
  BENCH_JOBS   first words of the jobs to run, parted by commas (default: all)
  BENCH_RUNS   runs of each command (default 3; half as many of what takes over 30 s)
  BENCH_OUT    where bench.json goes (default: the current folder)
  BENCH_KEEP   1: jobs that this run does not have stay in bench.json as they are
  BENCH_TMP    for what the commands write (default: TMPDIR)"""
import glob
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
sys.dont_write_bytecode = True

import image
import jobs
import machine
import meter
import report

SLOW = 30  # seconds: what takes longer runs half as often
PIECE = 1 << 22


class Bench:
    """Settings, folders and the image."""

    def __init__(self, env):
        self.build = env.get("FOSSICK_BUILD", ".")
        self.runs = int(env.get("BENCH_RUNS", "3"))
        self.jobs = [w for w in env.get("BENCH_JOBS", "").split(",") if w]
        self.out = env.get("BENCH_OUT", ".")
        self.top = tempfile.mkdtemp(prefix="fossick-bench.", dir=env.get("BENCH_TMP"))
        self.shared = os.path.join(self.top, "shared")
        self.work = os.path.join(self.top, "work")
        os.mkdir(self.shared)
        self.env = {**env, "W": self.work, "S": self.shared, "B": HERE, "LC_ALL": "C.UTF-8",
                    "PATH": ":".join([self.build, os.path.join(self.build, "tests/bench"),
                                      env["PATH"], "/usr/sbin", "/sbin"])}
        self.image = image.find(env, self.env, self.build)
        for letter in ("E", "R", "O"):
            self.env[letter] = str(self.image.get(letter, ""))

    def has(self, need):
        """A tool, or a form of the image ("E", "R"), or "root"."""
        if need in ("E", "R"):
            return bool(self.image.get(need))
        if need == "root":
            return os.geteuid() == 0 and os.path.exists("/dev/fuse")
        return shutil.which(need, path=self.env["PATH"]) is not None

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)


def warm(paths):
    for path in paths:
        with open(path, "rb", buffering=0) as f:
            while f.read(PIECE):
                pass


def warm_image(bench, letters):
    first = [bench.image[x] for x in letters if bench.image.get(x)]
    warm(p for f in first for p in image.files_of(f))


def results_of(folder):
    """Bytes of the archives that a run made."""
    made = [f for end in ("zip", "7z") for f in glob.glob(os.path.join(folder, "*." + end))]
    return sum(map(os.path.getsize, made)) if made else None


def lines_of(path):
    if not os.path.exists(path):
        return None
    with open(path, "rb") as f:
        return sum(piece.count(b"\n") for piece in iter(lambda: f.read(PIECE), b""))


def run_once(bench, side):
    """One run in an empty folder. Raises RuntimeError when the command fails."""
    shutil.rmtree(bench.work, ignore_errors=True)
    os.mkdir(bench.work)
    log = os.path.join(bench.top, "log")
    sample = meter.measure(side["command"], bench.env, log, side.get("until"))
    if sample["status"] not in side.get("statuses", (0, 1)):
        with open(log, encoding="utf-8", errors="replace") as f:
            raise RuntimeError("exit status %d: %s" % (sample["status"], f.read()[-400:].strip()))
    sample["size"] = results_of(bench.work)
    sample["lines"] = lines_of(os.path.join(bench.work, "out"))
    return sample


def runs_of(side, runs):
    """Half as many (rounded up) for what is slow."""
    slow = side["samples"] and side["samples"][0]["wall"] > SLOW
    return (runs + 1) // 2 if slow else runs


def run_in_turns(bench, job):
    """A B C A B C …; what fails once is left out from then on."""
    for turn in range(bench.runs):
        for side in [s for s in job["sides"] if turn < runs_of(s, bench.runs)]:
            if side.get("failed"):
                continue
            try:
                side["samples"].append(run_once(bench, side))
            except RuntimeError as e:
                side["failed"] = str(e)
        print(".", end="", file=sys.stderr, flush=True)


def run_job(bench, name, make):
    job = {"name": name, "skipped": [], **make(bench)}
    for side in job["sides"]:
        side["samples"] = []
        missing = [n for n in side.pop("needs") if not bench.has(n)]
        if missing:
            job["skipped"].append("%s: no %s here" % (side["name"], ", ".join(missing)))
            side["failed"] = "skipped"
    print(name, end=" ", file=sys.stderr, flush=True)
    warm_image(bench, job.pop("reads", []))
    run_in_turns(bench, job)
    print(file=sys.stderr)
    job["failed"] = [f"{s['name']}: {s['failed']}" for s in job["sides"]
                     if s.get("failed", "skipped") != "skipped"]
    job["sides"] = [s for s in job["sides"] if not s.pop("failed", None)]
    return job


def run_all(bench):
    result = {**machine.about(bench.env), "runs": bench.runs,
              "image": {k: v for k, v in bench.image.items() if k != "keep"}, "jobs": []}
    for name, make in jobs.chosen(bench.jobs):
        result["jobs"].append(run_job(bench, name, make))
    return result


def with_kept(jobs_now, path):
    """These jobs and those of an earlier bench.json, in the usual order."""
    with open(path, encoding="utf-8") as f:
        kept = {j["name"]: j for j in json.load(f)["jobs"]}
    kept.update((j["name"], j) for j in jobs_now)
    return [kept[name] for name, _ in jobs.JOBS if name in kept]


def main():
    bench = Bench(dict(os.environ))
    try:
        result = run_all(bench)
    finally:
        bench.close()
    os.makedirs(bench.out, exist_ok=True)
    path = os.path.join(bench.out, "bench.json")
    if os.environ.get("BENCH_KEEP") == "1" and os.path.exists(path):
        result["jobs"] = with_kept(result["jobs"], path)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    print(report.text(result), end="")
    print("written: " + path)
    return 1 if any(j["failed"] for j in result["jobs"]) else 0


if __name__ == "__main__":
    sys.exit(main())
