"""A folder like a Windows with scheduled tasks: the registry's cache, XML files, files *.job.
Layouts as in lua-scripts/lib/task-*.lua. Nothing in it runs.

    tree(folder)                a machine on which something is wrong with many tasks
    tree(folder, odd=False)     an ordinary one"""
import hashlib
import os
import struct
import uuid

from regf import Hive, filetime

CACHE = r"Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache"
WHEN = filetime("2023-03-29T08:15:30Z")
USER = "S-1-5-21-1-2-3-1001"
FILL = b"\x48"


def guid(name):
    """A GUID that the name alone decides."""
    return uuid.uuid5(uuid.NAMESPACE_URL, name)


def sid_bytes(text):
    _, revision, authority, *subs = text.split("-")
    return struct.pack("<BB", int(revision), len(subs)) + int(authority).to_bytes(6, "big") + \
        b"".join(struct.pack("<I", int(s)) for s in subs)


# --- blobs of the cache ---

def ace(kind, flags, mask, sid):
    raw = sid_bytes(sid)
    return struct.pack("<BBHI", kind, flags, 8 + len(raw), mask) + raw


def descriptor(owner, group, *aces):
    """A self-relative security descriptor with a DACL."""
    acl = struct.pack("<BBHHH", 2, 0, 8 + sum(map(len, aces)), len(aces), 0) + b"".join(aces)
    owner, group = sid_bytes(owner), sid_bytes(group)
    return struct.pack("<BBHIIII", 1, 0, 0x9004, 20, 20 + len(owner), 0, 20 + len(owner) + len(group)) + owner + group + acl


SECURITY = descriptor("S-1-5-32-544", "S-1-5-18", ace(0, 0x10, 0x1F01FF, "S-1-5-18"), ace(1, 3, 0x120089, USER),
                      ace(9, 0, 7, "S-1-1-0"))


def bstr(text):
    data = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(data)) + data


def execute(command, arguments="", folder="", version=3, ident=""):
    return struct.pack("<H", 0x6666) + bstr(ident) + bstr(command) + bstr(arguments) + bstr(folder) + \
        (b"\0\0" if version == 3 else b"")


def com(klass, data=""):
    return struct.pack("<H", 0x7777) + bstr("") + uuid.UUID(klass).bytes_le + bstr(data)


def mail(to, subject):
    texts = ["from@example.org", to, "", "", "", "mail.example.org", subject, "text"]
    return struct.pack("<H", 0x8888) + bstr("") + b"".join(map(bstr, texts)) + \
        struct.pack("<I", 1) + bstr("C:\\a.txt") + struct.pack("<I", 1) + bstr("X-A") + bstr("b")


def message(title, body):
    return struct.pack("<H", 0x9999) + bstr("") + bstr(title) + bstr(body)


def actions(*parts, version=3, context="Author"):
    return struct.pack("<H", version) + (bstr(context) if version == 3 else b"") + b"".join(parts)


def wide(number, size=4):
    return number.to_bytes(size, "little").ljust(8, FILL)


def fill(data):
    return data + FILL * (-len(data) % 8)


def aligned(text):
    data = (text + "\0").encode("utf-16-le") if text else b""
    return wide(len(data)) + fill(data)


def counted(text):
    return wide(len(text)) + (fill((text + "\0").encode("utf-16-le")) if text else b"")


def boundary(when, is_local=True):
    return wide(1 if is_local else 0, 1) + struct.pack("<Q", when)


NEVER = boundary(0xFFFFFFFFFFFFFFFF, False)


def user_info(sid, name=""):
    if sid is None:
        return wide(1, 1)
    raw = sid_bytes(sid)
    return wide(0, 1) + wide(0, 1) + wide(1) + wide(len(raw)) + fill(raw) + aligned(name)


def trigger_id(text):
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data)) + data + FILL * (-(len(data) + 4) % 8)


def generic(kind, start=0, enabled=True, interval=0, delay=0, ident=""):
    return wide(kind) + boundary(start) + NEVER + struct.pack("<5I", delay, 0xFFFFFFFF, interval, 0, 0) + \
        b"\0\0\0\0" + wide(int(enabled), 1) + bytes(8) + trigger_id(ident)


def by_time(mode, start, interval=0):
    return wide(0xDDDD) + boundary(start) + boundary(0, False) + boundary(0, False) + \
        struct.pack("<IIII", interval, 0, 0xFFFFFFFF, mode) + struct.pack("<HHHH", 1, 0, 0, 0) + \
        b"\0\1" + bytes(6) + struct.pack("<II", 0, 0) + trigger_id("")


def by_event(query):
    return generic(0xCCCC) + counted(query) + bytes(8) + counted("") + wide(1) + counted("name") + counted("Event/x")


def triggers(*parts, sid=USER, name="PC\\ann", flags=0x42412138, version=0x17):
    settings = struct.pack("<7I", 0, 0xFFFFFFFF, 259200, 0xFFFFFFFF, 7, 0, 0) + bytes(16)
    out = wide(version, 1) + boundary(WHEN) + NEVER + wide(flags) + wide(0x12345678)
    out += aligned("Author") if version >= 0x16 else b""
    out += aligned("") if version >= 0x17 else b""
    return out + user_info(sid, name) + wide(len(settings)) + fill(settings) + b"".join(parts)


def dynamic(created, run=0, ended=0, result=0, old=False):
    if old:
        return struct.pack("<IQQII", 3, created, run, result, 0)
    return struct.pack("<IQQIIQ", 3, created, run, 0, result, ended)


# --- files ---

def task_xml(body, info="", settings="", triggers_="", principal=""):
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>{info}</RegistrationInfo>
  <Triggers>{triggers_}</Triggers>
  <Principals><Principal id="Author">{principal}</Principal></Principals>
  <Settings>{settings}</Settings>
  <Actions Context="Author">{body}</Actions>
</Task>
"""


def exec_xml(command, arguments="", folder=""):
    out = f"<Exec><Command>{command}</Command>"
    out += f"<Arguments>{arguments}</Arguments>" if arguments else ""
    out += f"<WorkingDirectory>{folder}</WorkingDirectory>" if folder else ""
    return out + "</Exec>"


def com_xml(klass, data=""):
    return f"<ComHandler><ClassId>{klass}</ClassId><Data><![CDATA[{data}]]></Data></ComHandler>"


def job_string(text):
    data = (text + "\0").encode("utf-16-le") if text else b""
    return struct.pack("<H", len(data) // 2) + data


def job(command, arguments="", comment="", flags=0, run=None, kind=1, exit_code=0):
    texts = [command, arguments, "C:\\work", "ann", comment]
    body = struct.pack("<H", 0) + b"".join(map(job_string, texts)) + struct.pack("<H", 0) + \
        struct.pack("<HII", 8, 0, 0)
    trigger = struct.pack("<HH6HHHIIIIHHHHHH", 48, 0, 2023, 3, 30, 0, 0, 0, 9, 30, 60, 10, 0, kind, 1, 0, 0, 0, 0, 0)
    head = struct.pack("<HH16sHHHHHHIIIII", 0x0501, 1, guid("job").bytes_le, 70, 68 + len(body), 0, 0, 60, 10,
                       32, 0xFFFFFFFF, exit_code, 0x41300, flags)
    head += struct.pack("<8H", *(run or (0,) * 8))
    return head + body + struct.pack("<H", 1) + trigger


# --- the tree ---

class Machine:
    def __init__(self, folder, windows="Windows"):
        self.folder = folder
        self.windows = windows
        self.hive = Hive(r"\SystemRoot\System32\Config\SOFTWARE", WHEN)

    def write(self, path, data):
        full = os.path.join(self.folder, *path.split("/"))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as f:
            f.write(data)

    def tree(self, path, ident=None, sd=SECURITY, index=3):
        """An entry of Tree; returns the id."""
        ident = ident or "{%s}" % str(guid(path)).upper()
        key = CACHE + r"\Tree" + path
        self.hive.set(key, "Id", ident)
        self.hive.set(key, "Index", index)
        if sd:
            self.hive.set(key, "SD", sd)
        return ident

    def cached(self, path, ident=None, group="Plain", **values):
        ident = ident or "{%s}" % str(guid(path)).upper()
        key = CACHE + "\\Tasks\\" + ident
        self.hive.set(key, "Path", path)
        for name, value in values.items():
            self.hive.set(key, name, value)
        self.hive.key(f"{CACHE}\\{group}\\{ident}")

    def xml(self, path, text, encoding="utf-16"):
        data = text if isinstance(text, bytes) else text.encode(encoding)
        self.write(self.windows + "/System32/Tasks" + path.replace("\\", "/"), data)

    def task(self, path, command="C:\\Windows\\System32\\calc.exe", arguments="", **more):
        """A task as Windows writes it, in all places."""
        text = task_xml(exec_xml(command, arguments))
        self.tree(path, **more)
        self.cached(path, Actions=actions(execute(command, arguments)), Triggers=triggers(by_time(1, WHEN)),
                    DynamicInfo=dynamic(WHEN), Hash=hashlib.sha256(text.encode("utf-16-le")).digest())
        self.xml(path, text)

    def com_task(self, path, klass, data=""):
        self.tree(path, index=2)
        self.cached(path, group="Logon", Actions=actions(com(klass, data)), Triggers=triggers(
            generic(0xAAAA) + user_info(None), sid="S-1-5-18", name=""), DynamicInfo=dynamic(WHEN))
        self.xml(path, task_xml(com_xml(klass.upper(), data)))

    def finish(self):
        self.write(self.windows + "/System32/config/SOFTWARE", self.hive.build())


DLL, WOW, EXE, SERVED, NET, GONE = ("{%s}" % guid(n) for n in ("dll", "wow", "exe", "served", "net", "gone"))


def classes(m):
    m.hive.set(rf"Classes\CLSID\{DLL}\InprocServer32", "", r"%SystemRoot%\System32\handler.dll", "REG_EXPAND_SZ")
    m.hive.set(rf"Classes\Wow6432Node\CLSID\{WOW}\InprocServer32", "", "narrow.dll")
    m.hive.set(rf"Classes\CLSID\{EXE}\LocalServer32", "", r'"C:\Program Files\Tool\tool.exe" /serve')
    m.hive.set(rf"Classes\CLSID\{SERVED}", "AppID", SERVED)
    m.hive.set(rf"Classes\AppID\{SERVED}", "LocalService", "wuauserv")
    m.hive.set(rf"Classes\CLSID\{NET}\InprocServer32", "", "mscoree.dll")
    m.hive.set(rf"Classes\CLSID\{NET}\InprocServer32", "CodeBase", "file:///C:/Program%20Files/Tool/net.dll")
    m.hive.set(rf"Classes\CLSID\{NET}\InprocServer32", "Assembly", "Net, Version=1.0.0.0")
    for path in ("Windows/System32/handler.dll", "Windows/SysWOW64/narrow.dll", "Windows/System32/calc.exe",
                 "Program Files/Tool/tool.exe", "Program Files/Tool/net.dll"):
        m.write(path, path.encode())


def ordinary(m):
    """Tasks as every Windows has them."""
    classes(m)
    profile = rf"Microsoft\Windows NT\CurrentVersion\ProfileList\{USER}"
    m.hive.set(profile, "ProfileImagePath", r"C:\Users\ann", "REG_EXPAND_SZ")
    m.hive.set(CACHE + r"\Tree\Microsoft", "SD", b"\1\0\4\x80")
    for i in range(20):
        m.com_task(rf"\Microsoft\Windows\Fill\{i:02}", DLL, f"{i}")
    m.task(r"\Calc")
    m.com_task(r"\Com\Narrow", WOW)
    m.com_task(r"\Com\Program", EXE)
    m.com_task(r"\Com\Served", SERVED)
    m.com_task(r"\Com\Net", NET)
    m.com_task(r"\Com\Gone", GONE)
    m.com_task(r"\Com\Lines", DLL, "a\nb")
    m.xml(r"\Com\Lines", task_xml(com_xml(DLL.upper(), "a\r\nb ")))
    m.tree(r"\Folder")
    m.cached(r"\Folder", Actions=actions(execute("run.cmd", "/x", r"%SystemRoot%\Temp")))
    m.xml(r"\Folder", task_xml(exec_xml("run.cmd", "/x", r"%SystemRoot%\Temp")))
    m.write("Windows/Temp/run.cmd", b"run")
    m.tree(r"\Full")
    m.cached(r"\Full", group="Boot", URI=r"\Full", Author="Ann", Date="2023-03-01T10:00:00", Description="All there is",
             Source="test", DynamicInfo=dynamic(WHEN, WHEN + 10**7, WHEN + 2 * 10**7, 0x80070002),
             Actions=actions(execute(r"%UserProfile%\bin\my tool.exe", "/a b", r"C:\work", ident="first"), com(DLL)),
             Triggers=triggers(
                 generic(0xFFFF, delay=30), generic(0xAAAA, enabled=False, ident="me") + user_info(USER, "PC\\ann"),
                 by_time(0, WHEN), by_time(2, WHEN, 3600), by_event("<QueryList/>"), generic(0xEEEE), generic(0x8888),
                 generic(0x7777) + struct.pack("<I", 5) + FILL * 4 + user_info(None),
                 generic(0x6666) + bytes(range(8)) + wide(4) + b"data", flags=0x43C10000))
    m.xml(r"\Full", task_xml(
        exec_xml(r"%UserProfile%\bin\my tool.exe", "/a b", r"C:\work") + com_xml(DLL.upper()),
        info="<URI>\\Full</URI><Author>Ann</Author>", settings="<Hidden>true</Hidden>"))
    m.write("Users/ann/bin/my tool.exe", b"my tool")


def strange(m):
    """What an analyst must see, or must not fall over."""
    m.task(r"\NoSecurity", sd=None)
    m.task(r"\Index", index=0)
    m.task(r"\Security", sd=SECURITY[:-20])
    m.task(r"\Differs")
    m.xml(r"\Differs", task_xml(exec_xml("cmd.exe", "/c C:\\Windows\\System32\\other.exe")))
    m.write("Windows/System32/other.exe", b"other")
    m.tree(r"\NoFile")
    m.cached(r"\NoFile", Actions=actions(execute("C:\\gone.exe")))
    m.tree(r"\TreeOnly")
    m.cached(r"\TasksOnly", Actions=actions(execute("calc")))
    m.tree(r"\Mail")
    m.cached(r"\Mail", Actions=actions(mail("to@example.org", "hello"), message("title", "body")))
    m.tree(r"\Old")
    m.cached(r"\Old", Actions=actions(execute("calc.exe", "1", version=1), execute("calc.exe", "2", version=1), version=1),
             Triggers=triggers(wide(0xFFFF) + boundary(0) + NEVER + struct.pack("<5I", 0, 0, 0, 0, 0) + bytes(4)
                               + wide(1, 1) + bytes(8), version=0x15, flags=0x410000),
             DynamicInfo=dynamic(WHEN, WHEN, result=0x80070420, old=True))
    m.tree(r"\Torn")
    m.cached(r"\Torn", Actions=actions(execute("calc.exe"), execute("second.exe", "and more"))[:-12],
             Triggers=triggers(generic(0xFFFF), by_time(1, WHEN))[:-30], DynamicInfo=b"\3\0\0\0")
    m.tree(r"\Unknown")
    m.cached(r"\Unknown", Actions=actions(execute("calc.exe"), b"\x34\x12rest"),
             Triggers=triggers(wide(0x1234)), DynamicInfo=b"")
    m.tree(r"\Lengths")
    m.cached(r"\Lengths", Actions=b"\3\0\xff\xff\xff\xffab", Triggers=b"\x17" + b"\xff" * 200)
    m.tree("\\Odd \u202egpj.exe <&> \U0001f600")
    # files without an entry in the registry, in every encoding
    info = "<Description>a &lt;b&gt; &#x41; <![CDATA[<c>]]></Description>"
    m.xml(r"\Alone\Little", task_xml(exec_xml("calc.exe"), info=info, settings="<Enabled>false</Enabled>",
                                     principal="<UserId>ann</UserId><RunLevel>HighestAvailable</RunLevel>",
                                     triggers_="<LogonTrigger><UserId>ann</UserId></LogonTrigger><CalendarTrigger>"
                                     "<StartBoundary>2023-03-29T10:00:00</StartBoundary><ScheduleByWeek/></CalendarTrigger>"))
    m.xml(r"\Alone\Big", b"\xfe\xff" + task_xml(exec_xml("calc.exe")).encode("utf-16-be"))
    m.xml(r"\Alone\Utf8", "\ufeff" + task_xml(exec_xml("calc.exe", "ü")), "utf-8")
    m.xml(r"\Alone\Plain", task_xml(exec_xml("calc.exe", "ü")), "utf-8")
    m.xml(r"\Alone\Latin", task_xml(exec_xml("calc.exe", "ü")), "latin-1")
    m.xml(r"\Bad\Deep", "<Task>" + "<Actions>" * 10000 + "</Actions>" * 10000 + "</Task>")
    m.xml(r"\Bad\Torn", task_xml(exec_xml("calc.exe", "torn") + exec_xml("second.exe"))[:-80])
    m.xml(r"\Bad\Entities", '<!DOCTYPE a [<!ENTITY b "c">]><Task>&b;</Task>')
    m.xml(r"\Bad\Other", "<Job/>")
    m.xml(r"\Bad\Empty", b"")
    m.xml(r"\Bad\Noise", bytes(range(256)) * 8)
    m.write("Windows/SysWOW64/Tasks/Narrow", task_xml(exec_xml("calc.exe", "narrow")).encode("utf-16"))
    m.write("Windows/Tasks/Nightly.job", job("C:\\Windows\\System32\\calc.exe", "/night", "each night",
                                            run=(2023, 3, 4, 30, 9, 30, 0, 125)))
    m.write("Windows/Tasks/Off.job", job("calc.exe", flags=4 | 0x200, kind=7, exit_code=2))
    m.write("Windows/Tasks/Torn.job", job("C:\\Windows\\System32\\calc.exe")[:100])
    m.write("Windows/Tasks/Short.job", b"\1\5\1\0")
    m.write("Windows/Tasks/SchedLgU.Txt", "\"Task Scheduler Service\"".encode("utf-16"))
    m.write("Windows/Tasks/Points.job", job("calc.exe")[:20] + b"\xff\xff\xff\xff" + job("calc.exe")[24:])


def tree(folder, odd=True):
    m = Machine(folder)
    ordinary(m)
    if odd:
        strange(m)
    m.finish()
