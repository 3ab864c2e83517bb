"""Shared by the tests of autostart plugins: the rule that every file named is in
the archive or its row says why not, and a second reading of hives by reglookup."""
import os
import re
import shutil
import subprocess
import urllib.parse

from support import SRC, check, same

FOLDER = os.path.join(SRC, "lua-scripts", "plugins")
PLUGINS = [n[:-4] for n in sorted(os.listdir(FOLDER))
           if 'require("autostart")' in open(os.path.join(FOLDER, n), encoding="utf-8").read()]
REGLOOKUP = shutil.which("reglookup")


# --- rows ---


def rows(archive):
    """[(plugin, fields)] of all rows of kind "autostart"."""
    records = archive.records()
    return [(name, r["fields"]) for name in PLUGINS for r in records.get(name, []) if r["kind"] == "autostart"]


def started(fields):
    """Path of the file that a row names, or None."""
    return fields["file"]["path"] if "file" in fields else None


def _same_file(fields, member):
    return member is not None and member["size"] == fields["size"] and \
        all(fields[d] == member[d] for d in ("sha256", "sha1", "md5") if d in fields)


def every_file_is_there(name, archive):
    """The rule. Returns the rows."""
    found = rows(archive)
    members = {tuple(row["locator"].get(k) for k in ("source", "volume", "path")): row for row in archive.files.values()}
    wrong = []
    for plugin, f in found:
        if "file" not in f:
            wrong += [] if f.get("missing") and "program" not in f else [(plugin, f)]
            continue
        member = members.get(tuple(f["file"].get(k) for k in ("source", "volume", "path")))
        if not _same_file(f, member) or "missing" in f or not f["program"].endswith(f["file"]["path"]):
            wrong.append((plugin, f))
    same(f"{name}: each of {len(found)} rows names a file of the archive, or says why not", wrong, [])
    same(f"{name}: each row has its place and its technique",
         [f for _, f in found if not f.get("place") or not f.get("references")], [])
    return found


# --- hives, by reglookup ---


def _plain(text):
    return urllib.parse.unquote(text, errors="replace")


class Hive:
    """Values of a hive: {key in lower case: {name: (type, data)}}; data are texts."""

    def __init__(self, path):
        listed = subprocess.run([REGLOOKUP, path], capture_output=True, text=True, errors="replace", check=False).stdout
        self.keys = {}
        for line in listed.splitlines()[1:]:
            fields = line.split(",")
            if len(fields) < 3:
                continue
            parts = [_plain(p) for p in fields[0].split("/")[1:]]
            if fields[1] == "KEY":
                self.keys.setdefault("\\".join(parts).lower(), {})
            else:
                self.keys.setdefault("\\".join(parts[:-1]).lower(), {})[parts[-1]] = (fields[1], fields[2])

    def texts(self, key, name):
        """The texts of a value that are not empty."""
        for have, (kind, data) in self.keys.get(key.lower(), {}).items():
            if have.lower() == name.lower() and kind in ("SZ", "EXPAND_SZ", "MULTI_SZ"):
                parts = data.split("|") if kind == "MULTI_SZ" else [data]
                return [t for t in map(_plain, parts) if t.strip(' "') and t != "(null)"]
        return []

    def names(self, key):
        return list(self.keys.get(key.lower(), {}))

    def below(self, key):
        """Names of the keys directly below, in lower case."""
        prefix = key.lower() + "\\"
        return [k[len(prefix):] for k in self.keys if k.startswith(prefix) and "\\" not in k[len(prefix):]]

    def control_set(self):
        return "ControlSet%03d" % int(self.keys["select"]["Current"][1], 16)


RUN = ("Run", "RunOnce")


def is_run_key(key):
    return key.lower().endswith(tuple("\\windows\\currentversion\\" + n.lower() for n in RUN)) and "Terminal" not in key


def run_values(hive, prefix):
    """{(key in lower case, name, command)} of the Run keys below a prefix and its 32-bit twin."""
    found = set()
    for twin in ("", "Wow6432Node\\"):
        for last in RUN:
            key = f"{prefix}{twin}Microsoft\\Windows\\CurrentVersion\\{last}"
            found |= {(key.lower(), name, text) for name in hive.names(key) for text in hive.texts(key, name)}
    return found


def services(hive):
    """{(key in lower case, command)}: ImagePath and ServiceDll of the services in force."""
    found, base = set(), hive.control_set() + "\\Services"
    for name in hive.below(base):
        key = f"{base}\\{name}"
        texts = hive.texts(key, "ImagePath") + hive.texts(key + "\\Parameters", "ServiceDll")
        found |= {(key.lower(), text) for text in texts}
    return found


# --- from a text to a path, apart from the program's own way ---


FOLDERS = {"%systemroot%": "C:\\Windows", "%windir%": "C:\\Windows", "%programfiles%": "C:\\Program Files",
           "%programfiles(x86)%": "C:\\Program Files (x86)", "%commonprogramfiles%": "C:\\Program Files\\Common Files",
           "%programdata%": "C:\\ProgramData", "%systemdrive%": "C:"}
OF_USER = {"%userprofile%": "", "%appdata%": "\\AppData\\Roaming", "%localappdata%": "\\AppData\\Local"}


def path_of(command, user=None, suffix=".exe"):
    """Path from the root of the volume, '/' separated, that a plain text names; None for others."""
    text = command.strip()
    for name, folder in FOLDERS.items():
        text = re.sub(re.escape(name), lambda _: folder, text, flags=re.I)
    for name, folder in OF_USER.items() if user else ():
        text = re.sub(re.escape(name), lambda _: f"C:\\Users\\{user}{folder}", text, flags=re.I)
    text = re.sub(r"^\\systemroot\\", r"C:\\Windows\\", re.sub(r"^\\\?\?\\", "", text), flags=re.I)
    match = re.match(r'"([^"]+)"', text) or re.match(r"(.*?\.(exe|dll|sys|scr|cmd|bat))( |$)", text, re.I) or \
        re.match(r"([^ ]+)$", text)
    if not match or "%" in match[1]:
        return None
    path = match[1] if re.search(r"\.\w{3}$", match[1]) else match[1] + suffix
    if re.match(r"system32\\", path, re.I):
        path = "C:\\Windows\\" + path
    if "\\" not in path:
        path = "C:\\Windows\\System32\\" + path
    return path[3:].replace("\\", "/") if re.match(r"[Cc]:\\", path) else None


def rows_of_hive(name, got, wanted):
    """One case: what a second reading of a hive has is told by rows."""
    return check(f"{name}: {len(wanted)} values, as reglookup reads them", wanted and wanted == got,
                 f"missing: {sorted(wanted - got)}\nmore: {sorted(got - wanted)}")
