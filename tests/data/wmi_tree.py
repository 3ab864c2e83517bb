"""A repository of WMI (OBJECTS.DATA and its MAPPING files) with event consumers, written page by page
after the layout that lua-scripts/lib/wmi.lua names. Nothing in it runs.

    tree(folder)             what an analyst must see
    tree(folder, odd=False)  what every Windows has"""
import hashlib
import os
import struct
import zlib

from regf import filetime

PAGE = 8192
WHEN = filetime("2023-03-29T08:15:30Z")
NONE = 0x3FFFFFFF
SYSTEM = bytes.fromhex("010100000000000512000000")

CONSUMER = ["MachineName", ("MaximumQueueSize", 4), "CreatorSID", "Name"]
LAYOUTS = {
    "__EventFilter": ["Name", "CreatorSID", "QueryLanguage", "Query", "EventNamespace", ("EventAccess", 4)],
    "__FilterToConsumerBinding": ["Filter", "Consumer", ("DeliveryQoS", 4), ("DeliverSynchronously", 2),
                                  ("MaintainSecurityContext", 2), ("SlowDownProviders", 2), "CreatorSID"],
    "ActiveScriptEventConsumer": CONSUMER + ["ScriptingEngine", "ScriptText", "ScriptFilename", ("KillTimeout", 4)],
    "CommandLineEventConsumer": CONSUMER + [
        "ExecutablePath", "CommandLineTemplate", ("a", 2), ("b", 2), ("c", 2), ("d", 2), ("e", 2), ("Priority", 4),
        "WorkingDirectory", "DesktopName", "WindowTitle", ("f", 4), ("g", 4), ("h", 4), ("i", 4), ("j", 4), ("k", 4),
        ("l", 4), ("m", 4), ("n", 2), ("o", 2), ("p", 2), ("KillTimeout", 4)],
    "LogFileEventConsumer": CONSUMER + ["Filename", "Text", ("MaximumFileSize", 8), ("IsUnicode", 2)],
    "NTEventLogEventConsumer": CONSUMER + ["UNCServerName", "SourceName", ("EventID", 4), ("EventType", 4), ("Category", 2),
                                           ("n", 4), ("templates", 4), "NameOfRawDataProperty", "NameOfUserSIDProperty"],
}


def string(text):
    try:
        return b"\0" + text.encode("latin-1") + b"\0"
    except UnicodeEncodeError:
        return b"\1" + text.encode("utf-16-le") + b"\0\0"


def instance(klass, old=False, dynamic=False, **values):
    """The record of an instance."""
    layout, data, table, states = LAYOUTS[klass], bytearray(string(klass)), b"", []
    for prop in layout:
        name, size = prop if isinstance(prop, tuple) else (prop, 4)
        value = values.get(name)
        if value is None:
            table += bytes(size)
            states.append(1)
            continue
        states.append(0)
        table += struct.pack("<I", len(data))
        data += struct.pack("<I", len(value)) + value if isinstance(value, bytes) else string(value)
    packed = bytearray((2 * len(layout) + 7) // 8)
    for i, state in enumerate(states):
        packed[i // 4] |= state << 2 * (i % 4)
    block = struct.pack("<IB", 0, 0) + bytes(packed) + table + struct.pack("<I", 4)
    block += struct.pack("<BII", 2, 1, 8) + b"dyn!" if dynamic else b"\1"
    block += struct.pack("<I", len(data) | 0x80000000) + data
    digest = (hashlib.md5 if old else hashlib.sha256)(klass.upper().encode("utf-16-le")).hexdigest().upper()
    return digest.encode("utf-16-le") + struct.pack("<QQI", WHEN, WHEN + 10**7, len(block) + 4) + block


def page(*records):
    """One page, or more when its only record is longer."""
    at = 16 * (len(records) + 1)
    head, body = b"", b""
    for i, record in enumerate(records):
        head += struct.pack("<IIII", i + 1, at + len(body), len(record), zlib.crc32(record))
        body += record
    data = head + bytes(16) + body
    return data.ljust((len(data) + PAGE - 1) // PAGE * PAGE, b"\0")


def mapping(version, physical, old=False):
    """A MAPPING file: `physical` has the page for each logical number."""
    head = struct.pack("<II", 0xABCD, version)
    if old:
        return head + struct.pack("<II", len(physical), len(physical)) + b"".join(struct.pack("<I", p) for p in physical)
    out = head + struct.pack("<IIII", 1, 2, len(physical), len(physical))
    return out + b"".join(struct.pack("<6I", p, 0, 0, 0, 0, 0) for p in physical)


def write(folder, path, data):
    full = os.path.join(folder, *path.split("/"))
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data)


def bind(consumer, name, filter_, space=""):
    return instance("__FilterToConsumerBinding", Consumer=f'{space}{consumer}.Name="{name}"',
                    Filter=f'{space}__EventFilter.Name="{filter_}"', CreatorSID=SYSTEM)


ORDINARY = [
    instance("NTEventLogEventConsumer", Name="SCM Event Log Consumer", SourceName="Service Control Manager", CreatorSID=SYSTEM),
    instance("__EventFilter", Name="SCM Event Log Filter", QueryLanguage="WQL",
             Query="select * from MSFT_SCMEventLogEvent", CreatorSID=SYSTEM),
    bind("NTEventLogEventConsumer", "SCM Event Log Consumer", "SCM Event Log Filter"),
    instance("CommandLineEventConsumer", Name="BVTConsumer", CommandLineTemplate="cscript KernCap.vbs",
             WorkingDirectory="C:\\tools\\kernrate"),
    instance("__EventFilter", Name="BVTFilter", QueryLanguage="WQL", Query="SELECT * FROM __InstanceModificationEvent"),
    bind("CommandLineEventConsumer", "BVTConsumer", "BVTFilter"),
]
QUERY = "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_LocalTime'"
SCRIPT = "' " + "a long script " * 2000
REPOSITORY = "Windows/System32/wbem/Repository/"


def strange():
    command = "C:\\Windows\\System32\\tool.exe /x"
    return [
        page(instance("CommandLineEventConsumer", Name="Updater ü", CommandLineTemplate=command, CreatorSID=SYSTEM,
                      dynamic=True, WorkingDirectory="C:\\work"),
             instance("__EventFilter", Name="Each minute", QueryLanguage="WQL", Query=QUERY, EventNamespace="root\\cimv2"),
             bind("CommandLineEventConsumer", "Updater ü", "Each minute", "\\\\.\\root\\subscription:"),
             instance("CommandLineEventConsumer", Name="日本", ExecutablePath="C:\\Program Files\\T\\t.exe",
                      CommandLineTemplate="t.exe /y"),
             instance("ActiveScriptEventConsumer", Name="From a file", ScriptingEngine="VBScript",
                      ScriptFilename="C:\\Users\\a b\\s.vbs"),
             instance("LogFileEventConsumer", Name="Log", Filename="C:\\log.txt", Text="%x%"),
             bind("ActiveScriptEventConsumer", "Gone", "Gone")),
        page(instance("ActiveScriptEventConsumer", Name="Long", ScriptingEngine="JScript", ScriptText=SCRIPT),),
        page(bind("ActiveScriptEventConsumer", "Long", "Each minute")),
    ]


def damaged():
    whole = instance("CommandLineEventConsumer", Name="Damaged", CommandLineTemplate="calc.exe")
    other = instance("LogFileEventConsumer", Name="x").replace(b"\0LogFile", b"\0LagFile")
    noise = bytearray(whole)
    noise[144:148] = b"\xff\xff\xff\xff"
    noise[180:200] = b"\xff" * 20
    pointing = bytearray(whole)
    pointing[180:190] = b"\xff" * 10
    return [page(whole[:200], bytes(noise), other, bytes(pointing))]


def tree(folder, odd=True):
    pages = [bytes(PAGE), page(*ORDINARY)]
    order = [0, 1]
    if odd:
        first, long, last = strange()
        # the parts of the long record lie in any order; its page comes last, the map knows
        parts = [long[i:i + PAGE] for i in range(0, len(long), PAGE)]
        pages += [first, *reversed(parts), last, *damaged()]
        order += [2, *range(2 + len(parts), 2, -1), 3 + len(parts), 4 + len(parts)]
        # a page that is mapped no longer, and a record that no list has
        pages += [page(instance("CommandLineEventConsumer", Name="Former", CommandLineTemplate="C:\\former.exe"))]
        pages += [bytes(64) + instance("__EventFilter", Name="Dropped", Query="select 1").ljust(PAGE - 64, b"\0")]
        order += [NONE, len(pages) - 1]
    write(folder, REPOSITORY + "OBJECTS.DATA", b"".join(pages))
    write(folder, REPOSITORY + "MAPPING1.MAP", mapping(7, order))
    write(folder, REPOSITORY + "MAPPING2.MAP", mapping(6, [NONE] * len(order)))
    write(folder, REPOSITORY + "MAPPING3.MAP", b"none")
    write(folder, REPOSITORY + "INDEX.BTR", bytes(PAGE))
    if odd:
        for path in ("Windows/System32/tool.exe", "Program Files/T/t.exe", "Users/a b/s.vbs"):
            write(folder, path, b"data")


def tree_xp(folder):
    records = [instance("CommandLineEventConsumer", old=True, Name="Old", CommandLineTemplate="tool.exe")]
    write(folder, REPOSITORY + "FS/OBJECTS.DATA", page(*records))
    write(folder, REPOSITORY + "FS/MAPPING1.MAP", mapping(1, [0], old=True))
    write(folder, "Windows/System32/tool.exe", b"data")
