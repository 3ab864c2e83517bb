r"""A folder as a volume of Windows whose SYSTEM hive has services of every kind, for
tests/e2e/win_services.py. Nothing in it runs: programs are a few letters.

    service_tree.make(FOLDER, product="WinNT")"""

import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
SET = r"ControlSet001\Services" + "\\"
SVCHOST = r"%SystemRoot%\system32\svchost.exe -k netsvcs -p"

FILES = [
    "Windows/System32/svchost.exe", "Windows/System32/ikeext.dll", "Windows/System32/wlbsctrl.dll",
    "Windows/System32/keyed.dll", "Windows/System32/drivers/rooted.sys", "Windows/System32/drivers/plain.sys",
    "Windows/System32/drivers/Nameless.sys", "Program Files/V M/blank.sys", "Program Files/Agent One/agent.exe",
    "Program Files/Agent One/after.exe", "Tools And.exe", "Tools And More/srv app/srv.exe", "Gone.exe",
    "Agent/run.exe", "Agent/nssm.exe", "Agent/real one.exe", "Program Files/Common Files/x.txt",
    "Users/ann/AppData/Local/Temp/svc.exe", "Windows/Temp/x.dll", "Agent/count.dll", "Agent/job.ps1",
    "Windows/System32/perfos.dll", "Program Files/PowerShell Universal/Server.exe",
]


def actions(*pairs, reset=86400, count=None):
    """FailureActions: (what, milliseconds), with an address where no offset is."""
    head = struct.pack("<IIIII", reset, 0, 0, len(pairs) if count is None else count, 0x1F3A0)
    return head + b"".join(struct.pack("<II", *p) for p in pairs)


def service(hive, name, image=None, kind=0x10, start=2, root=SET, **more):
    key = root + name
    hive.key(key)
    for value, data in (("ImagePath", image), ("Type", kind), ("Start", start), *more.items()):
        if data is not None:
            expand = isinstance(data, str) and "%" in data
            hive.set(key, value, data, "REG_EXPAND_SZ" if expand else None)


def drivers(hive):
    service(hive, "Rooted", r"\SystemRoot\System32\drivers\rooted.sys", 1, 0, Group="Boot Bus Extender")
    service(hive, "Plain", r"system32\drivers\plain.sys", 2, 1)
    service(hive, "Nameless", None, 1, 3)
    service(hive, "Blank", r"\??\C:\Program Files\V M\blank.sys", 1, 3)
    service(hive, "Lost", r"System32\drivers\lost.sys", 1, 3)


def processes(hive):
    service(hive, "IKEEXT", SVCHOST, 0x20, 3, ObjectName="LocalSystem", DependOnService=["BFE", "nsi"],
            DisplayName=r"@%SystemRoot%\system32\ikeext.dll,-501")
    hive.set(SET + r"IKEEXT\Parameters", "ServiceDll", r"%SystemRoot%\System32\ikeext.dll", "REG_EXPAND_SZ")
    hive.set(SET + r"IKEEXT\Parameters", "ServiceMain", "IkeServiceMain")
    hive.set(SET + r"IKEEXT\TriggerInfo\0", "Type", 4)
    hive.set(SET + r"IKEEXT\TriggerInfo\1", "Type", 4)
    service(hive, "Keyed", SVCHOST, 0x20, 3, ServiceDll="keyed.dll", ObjectName=r"NT AUTHORITY\LocalService")
    service(hive, "Agent", '"C:\\Program Files\\Agent One\\agent.exe" --run', DelayedAutostart=1,
            FailureActions=actions((1, 60000), (3, 0)), FailureCommand=r'"C:\Program Files\Agent One\after.exe" /x')
    hive.key_time(SET + "Agent", regf.filetime("2023-04-01T00:00:00Z"))
    service(hive, "Unquoted", r"C:\Program Files\Agent One\agent.exe --run", FailureCommand="customScript.cmd")
    service(hive, "Shorter", r"C:\Tools And More\srv app\srv.exe -k")
    service(hive, "ShorterGone", r"C:\Gone Service\bin\gone.exe")
    service(hive, "Arguments", r"C:\Agent\run.exe C:\Agent\more files\x.exe")
    service(hive, "Switches", r"C:\Agent\run -dir bin\x.exe")
    service(hive, "Wrapped", r"C:\Agent\nssm.exe", start=4)
    hive.set(SET + r"Wrapped\Parameters", "Application", r"C:\Agent\real one.exe")
    hive.set(SET + r"Wrapped\Parameters", "AppParameters", "-v")


def sid(text):
    parts = [int(p) for p in text.split("-")[2:]]
    return struct.pack("<BB", 1, len(parts) - 1) + parts[0].to_bytes(6, "big") + struct.pack(f"<{len(parts) - 1}I", *parts[1:])


def descriptor(*aces):
    """A security descriptor with a DACL of (type, mask, SID)."""
    body = b""
    for kind, mask, who in aces:
        who = sid(who)
        body += struct.pack("<BBHI", kind, 0, 8 + len(who), mask) + who
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(body), len(aces), 0) + body
    owner = sid("S-1-5-18")
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 0, 0, 20 + len(owner)) + owner + acl


def suspicious(hive):
    """What attackers leave, and what only looks so."""
    service(hive, "Shell", r"%COMSPEC% /Q /c echo dir ^> \\127.0.0.1\C$\out > %TEMP%\x.bat & %COMSPEC% /Q /c %TEMP%\x.bat")
    service(hive, "Encoded", r"C:\Windows\System32\cmd.exe /b /c start /b powershell -nop -enc SQBFAFgAIAAoAE4AZQB3AC0A")
    service(hive, "Script", r"powershell.exe -File C:\Agent\job.ps1")
    service(hive, "LooksSo", r"C:\Program Files\PowerShell Universal\Server.exe --cmd powershell -enc x")
    service(hive, "CmdAgent", r"C:\Agent\cmdagent.exe /c echo")
    service(hive, "InProfile", r'"C:\Users\ann\AppData\Local\Temp\svc.exe" -k')
    service(hive, "InTemp", SVCHOST, 0x20)
    hive.set(SET + r"InTemp\Parameters", "ServiceDll", r"C:\Windows\Temp\x.dll")
    service(hive, "GoneFromProfile", r"C:\Users\ann\gone.exe")
    service(hive, "Hidden", r"C:\Agent\run.exe")
    hive.set(SET + r"Hidden\Security", "Security", descriptor((1, 0x100F6, "S-1-5-4"), (1, 0x100F6, "S-1-5-32-544"), (0, 0xF01FF, "S-1-5-18")))
    service(hive, "NotForGuests", r"C:\Agent\run.exe")
    hive.set(SET + r"NotForGuests\Security", "Security", descriptor((1, 0xF01FF, "S-1-5-32-546"), (1, 0x2, "S-1-5-4")))
    service(hive, "TornSecurity", r"C:\Agent\run.exe")
    hive.set(SET + r"TornSecurity\Security", "Security", descriptor((1, 0x100F6, "S-1-5-4"))[:-6])
    service(hive, "RpcEptMapper", SVCHOST, 0x20)
    hive.set(SET + r"RpcEptMapper\Performance", "Library", r"C:\Agent\count.dll")
    service(hive, "PerfOS", None, None, None)
    hive.set(SET + r"PerfOS\Performance", "Library", r"%SystemRoot%\System32\perfos.dll")


def odd(hive):
    hive.set(SET + "OddImage", "ImagePath", 7)
    hive.set(SET + "OddImage", "Start", "two")
    hive.set(SET + "OddImage", "Type", 0x10)
    service(hive, "OddEmpty", "", 0x10, 9, FailureActions=b"\1\2\3")
    service(hive, "OddTorn", SVCHOST, 0x1020, 3, FailureActions=actions((1, 5), count=3), DependOnService="RpcSs")
    hive.set(SET + r"OddTorn\Parameters", "ServiceDll", b"\0\xff\1")
    service(hive, "OddMany", SVCHOST, 0x20, 3, FailureActions=actions(count=0xFFFFFFFF), DisplayName=["a", "b"])
    hive.key(SET + "Settings only\\Performance")


def system(product):
    hive = regf.Hive("SYSTEM", WHEN)
    hive.set("Select", "Current", 1)
    hive.set(r"ControlSet001\Control\ProductOptions", "ProductType", product)
    drivers(hive)
    processes(hive)
    hive.set(r"ControlSet001\Control\SafeBoot\Network\ikeext", "", "Service")
    hive.set(r"ControlSet001\Control\SafeBoot\Minimal\Plain.sys", "", "Driver")
    hive.set(r"ControlSet001\Control\SafeBoot\Network\Plain.sys", "", "Driver")
    keyboards = r"ControlSet001\Control\Class\{4d36e96b-e325-11ce-bfc1-08002be10318}"
    hive.set(keyboards, "Class", "Keyboard")
    hive.set(keyboards, "UpperFilters", ["kbdclass", "other"])
    hive.set(r"ControlSet001\Control\Class\{0}", "LowerFilters", 7)
    suspicious(hive)
    odd(hive)
    old = r"ControlSet002\Services" + "\\"
    service(hive, "ikeext", "elsewhere.exe", root=old)
    service(hive, "Former", r"C:\Agent\run.exe", root=old)
    return hive


def put(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def without_owner(data):
    """The hive with an owner of its keys that is none."""
    at = data.index(b"sk", regf.HEADER) + 20  # the descriptor
    owner = at + struct.unpack_from("<I", data, at + 4)[0]
    return data[:owner] + b"\xff" + data[owner + 1 :]


def make(folder, product="WinNT", more=(), owned=True):
    for name in [*FILES, *more]:
        put(folder, name, b"harmless " + name.encode())
    data = system(product).build()
    put(folder, "Windows/System32/config/SYSTEM", data if owned else without_owner(data))
    software = regf.Hive("SOFTWARE", WHEN)
    groups = r"Microsoft\Windows NT\CurrentVersion\Svchost"
    software.set(groups, "netsvcs", ["IKEEXT", "Keyed"])
    software.set(groups, "odd", "text")
    put(folder, "Windows/System32/config/SOFTWARE", software.build())
    former = regf.Hive("SYSTEM", WHEN)
    former.set("Select", "Current", 1)
    service(former, "Before", r"C:\Agent\run.exe")
    put(folder, "Windows.old/Windows/System32/config/SYSTEM", former.build())
