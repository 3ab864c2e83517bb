"""What the figures depend on: machine, kernel, date, versions, how fossick was built."""
import datetime
import os
import platform
import re
import shutil
import subprocess

BUSY = 0.5  # of each core, by others
VERSIONS = {"fls": ["fls", "-V"], "fiwalk": ["fiwalk", "-V"], "ewfverify": ["ewfverify", "-V"],
            "ntfs-3g": ["ntfs-3g", "--version"], "zip": ["zip", "-v"], "7z": ["7z", "i"],
            "reglookup": ["reglookup", "-h"]}


def first_line(args, env):
    if shutil.which(args[0], path=env["PATH"]) is None:
        return None
    p = subprocess.run(args, env=env, capture_output=True, text=True, errors="replace",
                       stdin=subprocess.DEVNULL, check=False)
    lines = (p.stdout + p.stderr).splitlines()
    return next((x.strip() for x in lines if re.search(r"\d\.\d|version|\d{8}", x)), None)


def cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        names = [line.split(":", 1)[1].strip() for line in f if line.startswith("model name")]
    return names[0] if names else platform.machine()


def about(env):
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fossick = subprocess.run(["fossick", "info", "--self"], env=env, capture_output=True,
                             text=True, check=False).stdout
    flags = env.get("BENCH_CFLAGS", "")
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "machine": {"cpu": cpu(), "cores": os.cpu_count(), "memory": memory,
                    "kernel": platform.system() + " " + platform.release()},
        "versions": {"fossick": [x.strip() for x in fossick.splitlines() if ": " in x],
                     **{name: first_line(args, env) for name, args in VERSIONS.items()}},
        "build": {"cflags": flags}, "warnings": [],
    }
    load = os.getloadavg()[0]
    if load > BUSY * os.cpu_count():
        result["warnings"].append("others were busy on this machine: load average %.1f at the start"
                                  % load)
    if "sanitize" in flags or "-O0" in flags:
        result["warnings"].append("this build is not one to measure: " + flags)
    return result
