#!/usr/bin/env python3
"""WinINet's store: rows of each kind, whose they are, what is damaged, and names of the 3CX case."""
import importlib.util
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
import support

T = support.scratch()
STORE = "Users/ann/AppData/Local/Microsoft/Windows/WebCache/WebCacheV01.dat"


def maker():
    spec = importlib.util.spec_from_file_location("make_ese", os.path.join(support.DATA, "make-ese.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ese = maker()


def run(name, data, plugins="browser-webcache"):
    top = os.path.join(T, name)
    os.makedirs(os.path.join(top, "Windows/System32"))
    path = os.path.join(top, STORE)
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as f:
        f.write(data)
    _, out = support.collect(os.path.join(T, name + "-out"), "-p", plugins, top)
    shutil.rmtree(top)
    return support.Archive(out)


def rows(archive, kind):
    return [r["fields"] for r in archive.records()["browser-webcache"] if r["kind"] == kind]


def kinds():
    archive = run("kinds", ese.database(ese.webcache(), 32768))
    support.same("visits", [(v["browser"], v["account"], v["url"], v["time"], v["user"]) for v in rows(archive, "visit")], [
        ("Internet Explorer", "ann", "https://www.example.org/start", "2023-03-29T08:15:31Z", "ann"),
        ("Internet Explorer", "ann", "file:///C:/Users/ann/Documents/plan.docx", "2023-03-29T08:15:32Z", "ann"),
        ("Edge (old)", "ann", "https://edge.example.org/", "2023-03-29T08:15:31Z", "ann"),
        ("Internet Explorer", "ann", "https://www.example.org/start", "2023-03-29T08:15:31Z", "ann")])
    support.same("a host by itself", [h["host"] for h in rows(archive, "host")], ["www.example.org"])
    support.same("cache", [(c["url"], c["status"], c["type"], c["filename"], c["size"]) for c in rows(archive, "cache")], [
        ("https://cdn.example.org/setup.exe", "HTTP/1.1 200 OK", "application/octet-stream", "setup[1].exe", 4096)])
    support.same("cookies by name and host", [(c.get("name"), c["host"], c["path"]) for c in rows(archive, "cookie")],
                 [(None, "example.org", "/"), ("sid", "example.org", "/")])
    support.check("without their values", "secret" not in str(archive.records()))
    download = rows(archive, "download")[0]
    support.same("a download", (download["url"], download["target"], len(download["paths"])),
                 ("https://cdn.example.org/tool.exe", "C:\\Users\\ann\\Downloads\\t\u00f6\u00f6l.exe", 2))
    support.same("containers with their counts", [(h["container"], h["rows"]) for h in rows(archive, "history")], [
        ("History", 3), ("Content", 1), ("Cookies", 1), ("iedownload", 1), ("History", 1), ("MSHist012023032920230330", 1)])
    support.same("no findings", archive.findings, [])
    support.same("no anomaly", archive.anomalies, [])


def states():
    tables = ese.webcache()
    dirty = run("dirty", ese.database(tables, 32768, state=2))
    support.same("a store that was in use is read", len(rows(dirty, "visit")), 4)
    support.same("which is told", [("logs are not replayed" in a["reason"]) for a in dirty.anomalies], [True])
    new = run("new", ese.database(tables, 32768, new=True))
    support.same("one of a newer Windows", len(rows(new, "visit")), 4)
    support.same("without an anomaly", new.anomalies, [])
    none = run("none", b"no database" * 1000)
    support.same("another file", [a["reason"] for a in none.anomalies],
                 ["WinINet's store: no ESE database: no header"])
    other = run("other", ese.database(ese.SMALL))
    support.same("another database", [a["reason"] for a in other.anomalies],
                 ["WinINet's store: no table Containers"])


def case():
    title = "Network name of the 3CX compromise in WinINet's store"
    archive = run("case", ese.database(ese.webcache("pbxsources.com"), 32768), "3cx-browser")
    found = archive.findings
    support.same("a listed name in rows is one finding", [(f["title"], f["severity"]) for f in found], [(title, "high")])
    fields = found[0]["fields"]
    support.same("which names the row", (fields["name"], fields["url"], fields["table"], fields["row"], fields["first"]), (
        "pbxsources.com", "https://www.pbxsources.com/start", "Container_1", 1, "2023-03-29T08:15:31Z"))
    free = ese.database(ese.webcache(), 32768) + "https://pbxsources.com/x".encode("utf-16-le").ljust(32768, b"\0")
    found = run("free", free, "3cx-browser").findings
    support.same("one in a free page", [(f["title"], f["fields"]["offset"]) for f in found],
                 [(title, len(free) - 32768 + 16)])
    support.same("part of a longer name is none",
                 run("clean", ese.database(ese.webcache("notpbxsources.com"), 32768), "3cx-browser").findings, [])


kinds()
states()
case()
support.finish()
