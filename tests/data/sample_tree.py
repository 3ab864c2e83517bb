"""What the sample image and its clean twin hold. All of it is made here: no
file of any vendor, no code, nothing that could run. With `infected` the tree
has stand-ins of the 3CX compromise of March 2023, else none of 3CX at all."""

import calendar
import importlib
import struct
import time
import uuid

import fixture_db
import fixture_pe
import regf

prefetch = importlib.import_module("make-prefetch")

PARTITION_GUID = "5f7a6c1e-3c0f-4551-8c00-0000000000c1"
HARDWARE_PROFILE = "{8f0e7c52-3cf0-4a11-9d55-0123456789ab}"
RC4_KEY = b"3jB(2bsG#@c7"
EVENT = "AVMonitorRefreshEvent".encode("utf-16-le")
HARMLESS = b"HARMLESS-FIXTURE: this text stands where the malware had its code."
# A harmless trailer in the form of the malware's icons: https://example.invalid/icon-test
ICON_TRAILER = (
    b"$IQAAANSNLhD/E2G7lKzx1UFiMRmkwQWzha6sxQrtzFo3oPSemM4h0Xm488K1v0S+HcgvjGEHFPfp40ein6ap64oH"
    b"4K8z6lHijvZms1B3hBBRachJyRHn2Q=="
)
SID = "S-1-5-21-1111111111-2222222222-3333333333"
UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
RUN = r"Microsoft\Windows\CurrentVersion"


def unix(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


OLD = unix("2022-11-15T08:00:00Z")
FIRST = unix("2023-03-14T09:12:00Z")  # the bad build arrives
UPDATED = unix("2023-04-07T07:30:00Z")  # the clean build arrives
END = unix("2023-04-11T16:45:00Z")


def filetime(when):
    return (when + 11644473600) * 10**7


class File:
    def __init__(self, data, when, category, attribute=None, streams=None):
        self.data = data
        self.when = when  # created; modified one minute later
        self.category = category
        self.attribute = attribute  # "compressed", "sparse"
        self.streams = streams or {}


class Tree(dict):
    def put(self, path, data, when=OLD, category="other", **more):
        self[path] = File(data.encode() if isinstance(data, str) else data, when, category, **more)


def program(name, version=None, dll=False):
    text = ("fixture for %s, no code" % name).encode()
    return fixture_pe.build(text.ljust(1024, b"\0"), version=version, dll=dll)


# --- the app -------------------------------------------------------------------


def loader(bad):
    marks = b"d3dcompiler_47.dll\0" + RC4_KEY + b"\0\0" + EVENT if bad else b"avcodec fixture"
    return fixture_pe.build(b"ffmpeg fixture\0".ljust(64, b"\0") + marks)


def container(bad):
    table = fixture_pe.certificate()
    if bad:
        table = fixture_pe.tagged_certificate(HARMLESS * 8, RC4_KEY)
    return fixture_pe.build(b"D3DCompiler_47.pdb fixture\0" * 40, table=table)


def app_folder(tree, base, version, bad, when):
    put = lambda name, data, **more: tree.put(base + "/" + name, data, when, "3cx", **more)
    put("3CXDesktopApp.exe", program("3CXDesktopApp", version))
    put("ffmpeg.dll", loader(bad))
    put("d3dcompiler_47.dll", container(bad))
    put("libEGL.dll", program("libEGL", dll=True))
    put("version", version)
    put("resources/app.asar", b"fixture asar " * 200)
    put("locales/en-US.pak", b"fixture pak " * 90)


def user_data(tree, user, account, when):
    base = "Users/%s/AppData/Roaming/3CXDesktopApp/" % user
    config = '{"url": "https://pbx.example.invalid", "AccountName": "%s", "theme": 1}' % account
    tree.put(base + "config.json", config, when, "3cx")
    tree.put(base + "Local Storage/leveldb/CURRENT", "MANIFEST-000001\n", when, "3cx")
    log = "".join("2023-03-%02d 09:00:00 info  app started\n" % (d % 28 + 1) for d in range(4000))
    tree.put(base + "logs/app.log", log, when, "3cx", attribute="compressed")
    tree.put(base + "Cache/Überschrift – ä.txt", "name beyond ASCII\n", when, "3cx")


def install_anna(tree):
    """Updated twice: the bad build lies beside the clean one that followed."""
    base = "Users/anna/AppData/Local/Programs/3CXDesktopApp"
    put = lambda name, data, when=FIRST: tree.put(base + "/" + name, data, when, "3cx")
    put("3CXDesktopApp.exe", program("3CXDesktopApp stub"), OLD)
    put("Update.exe", program("Update"), OLD)
    put(".installInfo.json", '{"appName": "3CXDesktopApp", "installVersion": "18.12.425"}', UPDATED)
    names = ["3CXDesktopApp-18.12.%d-full.nupkg" % n for n in (416, 425)]
    put("packages/RELEASES", "".join("%040d %s 2048\r\n" % (i, n) for i, n in enumerate(names)),
        UPDATED)
    put("packages/" + names[0], b"PK\5\6" + bytes(18) + b"fixture")
    put("MSQ-UpdateSelf.log", "2023-04-07 update to 3CXDesktopApp-18.12.425-full.nupkg\n", UPDATED)
    app_folder(tree, base + "/app-18.12.416", "18.12.416", True, FIRST)
    put("app-18.12.416/manifest", struct.pack("<Q", FIRST + 604800 + 90000), FIRST + 120)
    app_folder(tree, base + "/app-18.12.425", "18.12.425", False, UPDATED)
    user_data(tree, "anna", "101", FIRST)
    tree.put("Users/anna/Desktop/3CX Desktop App.lnk", b"L\0\0\0fixture", FIRST, "3cx")
    zone = "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=%s\r\n" % MSI_URL
    tree.put("Users/anna/Downloads/3CXDesktopApp-18.12.416.msi",
             bytes.fromhex("d0cf11e0a1b11ae1") + b"fixture of an installer", FIRST, "3cx",
             streams={"Zone.Identifier": zone.encode()})


def install_jonas(tree):
    """First install of the other bad build: the folder is named app."""
    base = "Users/jonas/AppData/Local/Programs/3CXDesktopApp"
    when = FIRST - 86400 * 4
    tree.put(base + "/3CXDesktopApp.exe", program("3CXDesktopApp stub"), when, "3cx")
    app_folder(tree, base + "/app", "18.12.407", True, when)
    tree.put(base + "/app/manifest", struct.pack("<I", when + 604800 + 7), when + 120, "3cx")
    hole = bytes(3 << 20) + b"behind the hole " * 64
    tree.put(base + "/app/snapshot_blob.bin", hole, when, "3cx", attribute="sparse")
    user_data(tree, "jonas", "102", when)


MSI_URL = ("https://downloads-global.3cx.com/downloads/v180/templates/clients/"
           "3CXDesktopApp-18.12.416.msi")


def icon(trailer=b""):
    """ICO header, one picture: a PNG without pixels."""
    png = bytes.fromhex("89504e470d0a1a0a") + b"$fixture$" + b"\0\0\0\0IEND\xaeB`\x82"
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(png), 22) + png + trailer


DEVICE = "\\VOLUME{01d95abc00000000-64bb3469}"


def app_ran(user, folder, runs=(FIRST + 86400 * 22, FIRST + 60), names=("ffmpeg.dll", "d3dcompiler_47.dll", "manifest")):
    """A prefetch file of the app: the last run first."""
    base = ("\\Users\\%s\\AppData\\Local\\Programs\\3CXDesktopApp\\%s\\" % (user, folder)).upper()
    return prefetch.build("30", "3CXDESKTOPAPP.EXE", len(runs), program=base + "3CXDESKTOPAPP.EXE",
                          runs=[filetime(r) for r in runs], extra=[DEVICE + base + n.upper() for n in names])


def follow_on(tree):
    tree.put("Windows/System32/wlbsctrl.dll", program("wlbsctrl", dll=True), UPDATED, "3cx")
    tree.put("Windows/System32/config/TxR/%s.TxR.0.regtrans-ms" % HARDWARE_PROFILE,
             b"fixture " * 3840, UPDATED, "3cx")
    cache = "Users/anna/AppData/Local/Microsoft/Windows/INetCache/IE/3CF0AB12/"
    tree.put(cache + "icon3[1].ico", icon(ICON_TRAILER), FIRST + 86400 * 9, "3cx")
    tree.put("Windows/Prefetch/3CXDESKTOPAPP.EXE-3CF05510.pf", app_ran("anna", "app-18.12.416"), END, "3cx")


# --- Windows ---------------------------------------------------------------------


def transaction_log(hive):
    """A log that holds no entry: the header alone, marked as that of a log."""
    head = bytearray(hive[:512])
    head[0x1C:0x20] = struct.pack("<I", 6)
    head[508:512] = bytes(4)
    total = 0
    for (word,) in struct.iter_unpack("<I", head[:508]):
        total ^= word
    head[508:512] = struct.pack("<I", total)
    return bytes(head)


def put_hive(tree, path, hive):
    data = hive.build()
    tree.put(path, data, END, "registry")
    tree.put(path + ".LOG1", transaction_log(data), END, "registry")
    tree.put(path + ".LOG2", b"", END, "registry")


def uninstall_entry(hive, root, product, name, version, **more):
    key = "%s%s\\%s" % (root, UNINSTALL, product)
    for value in {"DisplayName": name, "DisplayVersion": version, **more}.items():
        hive.set(key, *value)


def software(infected):
    hive = regf.Hive(r"\SystemRoot\System32\Config\SOFTWARE", filetime(END))
    nt = r"Microsoft\Windows NT\CurrentVersion"
    for name, text in (("ProductName", "Windows 10 Pro"), ("CurrentBuild", "19045"),
                       ("SystemRoot", r"C:\Windows"), ("EditionID", "Professional")):
        hive.set(nt, name, text)
    for number, user in ((1001, "anna"), (1002, "jonas")):
        hive.set(r"%s\ProfileList\%s-%d" % (nt, SID, number),
                 "ProfileImagePath", "C:\\Users\\" + user, "REG_EXPAND_SZ")
    hive.set(r"Microsoft\Cryptography", "MachineGuid", "3cf05510-0000-4000-8000-00000000c0de")
    hive.set(RUN + r"\Run", "SecurityHealth", r"%windir%\system32\SecurityHealthSystray.exe",
             "REG_EXPAND_SZ")
    hive.set(RUN + r"\RunOnce", "Cleanup", r'"C:\Program Files\Gone\clean.exe" /once')
    hive.set("Wow6432Node\\" + RUN + r"\Run", "Printer tray",
             r"C:\Program Files (x86)\Printer Tools\tray.exe -min")
    uninstall_entry(hive, "", "{0A1B2C3D-0000-4000-8000-000000000001}", "Editor 7", "7.1.0")
    if infected:
        products = r"%s\Installer\UserData\S-1-5-18\Products\0CF0551C0000000480000000000C0DE4" % RUN
        for name, text in (("DisplayName", "3CX Desktop App"), ("DisplayVersion", "18.12.416"),
                           ("InstallDate", "20230314"),
                           ("LocalPackage", r"C:\Windows\Installer\717d29.msi")):
            hive.set(products + r"\InstallProperties", name, text)
    return hive


def system(infected):
    hive = regf.Hive(r"\SystemRoot\System32\Config\SYSTEM", filetime(END))
    for name, number in (("Current", 1), ("Default", 1), ("Failed", 0), ("LastKnownGood", 1)):
        hive.set("Select", name, number)
    control = r"ControlSet001\Control"
    hive.set(control + r"\ComputerName\ComputerName", "ComputerName", "FIXTURE-PC")
    hive.set(control + r"\TimeZoneInformation", "TimeZoneKeyName", "W. Europe Standard Time")
    hive.set(control + r"\IDConfigDB\Hardware Profiles\0001", "HwProfileGuid", HARDWARE_PROFILE)
    hive.set(r"ControlSet001\Services\IKEEXT", "Start", 3)
    if infected:
        user = r"ControlSet001\Services\bam\State\UserSettings\%s-1001" % SID
        app = r"\Users\anna\AppData\Local\Programs\3CXDesktopApp\3CXDesktopApp.exe"
        hive.set(user, r"\Device\HarddiskVolume2" + app, struct.pack("<Q16x", filetime(END)))
    where = b"DMIO:ID:" + uuid.UUID(PARTITION_GUID).bytes_le
    hive.set("MountedDevices", r"\DosDevices\C:", where)
    hive.set("MountedDevices", r"\??\Volume{3cf05510-0000-4000-8000-0000000000c1}", where)
    return hive


def ntuser(user, infected):
    hive = regf.Hive(r"\??\C:\Users\%s\ntuser.dat" % user, filetime(END))
    run = "Software\\" + RUN + r"\Run"
    hive.set(r"Software\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders", "Desktop",
             "C:\\Users\\%s\\Desktop" % user)
    hive.set(run, "OneDrive", r'"%LOCALAPPDATA%\Microsoft\OneDrive\OneDrive.exe" /background',
             "REG_EXPAND_SZ")
    if not infected:
        return hive
    app = r"C:\Users\%s\AppData\Local\Programs\3CXDesktopApp\3CXDesktopApp.exe" % user
    hive.set(run, "electron.app.3CX Desktop App", '"%s" --autoLaunch' % app)
    version = "18.12.425" if user == "anna" else "18.12.407"
    uninstall_entry(hive, "Software\\", "{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}.msq",
                    "3CX Desktop App", version, Publisher="3CX Ltd.")
    if user == "jonas":
        key = r"Software\%s\Explorer\StartupApproved\Run" % RUN
        hive.set(key, "electron.app.3CX Desktop App", struct.pack("<IQ", 3, filetime(UPDATED)))
        key = r"Software\%s\Explorer\UserAssist\{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}\Count" % RUN
        name = "P:\\Hfref\\wbanf\\NccQngn\\Ybpny\\Cebtenzf\\3PKQrfxgbcNcc\\3PKQrfxgbcNcc.rkr"
        record = struct.pack("<II52xQ4x", 0, 5, filetime(FIRST))
        hive.set(key, name, record)
        product = r"Software\Microsoft\Installer\Products\0CF0551C0000000480000000000C0DE7"
        hive.set(product, "ProductName", "3CX Desktop App")
        hive.set(product + r"\SourceList", "PackageName", "3CXDesktopApp-18.12.407.msi")
    return hive


def amcache(infected):
    hive = regf.Hive(r"\SystemRoot\AppCompat\Programs\Amcache.hve", filetime(END))
    files = r"Root\InventoryApplicationFile"
    hive.set(files + r"\editor.exe|1f0000000000000a", "Name", "editor.exe")
    hive.set(files + r"\editor.exe|1f0000000000000a", "Version", "7.1.0.0")
    if infected:
        key = files + r"\3cxdesktopapp.ex|3cf0000000000001"
        path = r"c:\users\jonas\appdata\local\programs\3cxdesktopapp\app\3cxdesktopapp.exe"
        for name, text in (("Name", "3CXDesktopApp.exe"), ("Version", "18.12.407.0"),
                           ("LowerCaseLongPath", path), ("FileId", "0000" + "c0de" * 10)):
            hive.set(key, name, text)
    return hive


def hives(tree, infected):
    config = "Windows/System32/config/"
    put_hive(tree, config + "SOFTWARE", software(infected))
    put_hive(tree, config + "SYSTEM", system(infected))
    for name in ("SAM", "SECURITY", "DEFAULT"):
        hive = regf.Hive("\\SystemRoot\\System32\\Config\\" + name, filetime(END))
        hive.set("Fixture", "name", name)
        put_hive(tree, config + name, hive)
    for user in ("anna", "jonas"):
        home = "Users/%s/" % user
        put_hive(tree, home + "NTUSER.DAT", ntuser(user, infected))
        classes = regf.Hive(r"\??\C:\Users\%s\UsrClass.dat" % user, filetime(END))
        mui = r"Local Settings\Software\Microsoft\Windows\Shell\MuiCache"
        classes.set(mui, r"C:\Program Files\Editor\editor.exe.FriendlyAppName", "Editor")
        if infected:
            app = r"C:\Users\%s\AppData\Local\Programs\3CXDesktopApp\3CXDesktopApp.exe" % user
            classes.set(mui, app + ".FriendlyAppName", "3CX Desktop App")
        put_hive(tree, home + "AppData/Local/Microsoft/Windows/UsrClass.dat", classes)
    put_hive(tree, "Windows/appcompat/Programs/Amcache.hve", amcache(infected))
    genuine = "{3cf05510-aaaa-11ed-8000-0000000000c2}"
    for ending in (".TxR.0.regtrans-ms", ".TxR.1.regtrans-ms", ".TxR.2.regtrans-ms", ".TxR.blf"):
        body = "REGISTRY".encode("utf-16-le") + bytes(65520)
        tree.put(config + "TxR/" + genuine + ending, body, OLD, "registry")


def windows(tree):
    tree.put("Windows/System32/SecurityHealthSystray.exe", program("systray"))
    tree.put("Windows/System32/ntoskrnl.exe", program("kernel"))
    tree.put("Windows/explorer.exe", program("explorer"))
    tree.put("Windows/System32/drivers/etc/hosts", "# fixture\r\n127.0.0.1 localhost\r\n")
    tree.put("Windows/System32/winevt/Logs/Application.evtx", b"ElfFile\0".ljust(4096, b"\0"), END)
    task = "<Task><Actions><Exec><Command>tpmtool.exe</Command></Exec></Actions></Task>"
    tree.put("Windows/System32/Tasks/Microsoft/Windows/TPM/Tpm-Maintenance",
             b"\xff\xfe" + task.encode("utf-16-le"))
    tree.put("Windows/Installer/1a2b3c.msi", bytes.fromhex("d0cf11e0a1b11ae1") + b"editor")
    tree.put("Program Files (x86)/Printer Tools/tray.exe", program("tray"))
    tree.put("Program Files/Editor/editor.exe", program("editor"))
    defender = "ProgramData/Microsoft/Windows Defender/Platform/4.18/MsMpEng.exe"
    tree.put(defender, program("defender"))
    for user in ("anna", "jonas"):
        tree.put("Users/%s/AppData/Local/Microsoft/OneDrive/OneDrive.exe" % user, program("cloud"))
        tree.put("Users/%s/Documents/notes.txt" % user, "notes of %s\r\n" % user, FIRST)


def look_alikes(tree):
    """Files of other programs that detectors must leave alone."""
    chat = "Users/jonas/AppData/Local/Programs/ChatBox/"
    tree.put(chat + "ChatBox.exe", program("ChatBox"))
    tree.put(chat + "ffmpeg.dll", loader(False))
    tree.put(chat + "d3dcompiler_47.dll", container(False))
    tree.put(chat + "manifest", "not of 3CX")
    tree.put("Program Files/COMODO/guard64.dll", program("guard64", dll=True))
    cache = "Users/anna/AppData/Local/Microsoft/Windows/INetCache/IE/3CF0AB12/"
    tree.put(cache + "icon[1].ico", icon())
    tree.put(cache + "icon2[1].ico", icon(b"$" + b"QUJD" * 40))


# --- browsers --------------------------------------------------------------------


def page(url, title, when):
    return {"url": url, "title": title, "time": when}


COMMON = [
    page("https://www.example.org/", "Example", OLD + 100),
    page("https://www.example.org/news?id=7", "News – Üb", OLD + 200),
    page("https://mail.example.net/inbox", "Mail", OLD + 86400),
]
# names that only look like those of the case, and a genuine page of the vendor
ALIKE = [
    page("https://notofficeaddons.com/", "Other", OLD + 300),
    page("https://officeaddons.com.example.org/", "Other", OLD + 400),
    page("https://www.example.org/?q=msstorageazure.com", "Search", OLD + 500),
    page("https://www.3cx.com/blog/event-trainings/", "Trainings", OLD + 600),
]


def put_database(tree, path, kind, rows, late=()):
    for ending, data in fixture_db.build(kind, rows, late).items():
        tree.put(path + ending, data, END, "browser")


def browsers(tree, infected):
    local, roaming = "Users/%s/AppData/Local/", "Users/%s/AppData/Roaming/"
    chrome = local % "anna" + "Google/Chrome/User Data/"
    late = [page("https://www.example.org/late", "Only in the log", END)]
    if infected:
        late += [
            page("https://www.3cx.com/phone-system/", "3CX", FIRST - 600),
            {"url": MSI_URL, "target": r"C:\Users\anna\Downloads\3CXDesktopApp-18.12.416.msi",
             "size": 31, "time": FIRST - 300},
            page("https://akamaitechcloudservices.com/v2/storage", "", FIRST + 86400 * 20),
            page("https://cdn.akamaitechcloudservices.com/x", "", FIRST + 86400 * 20 + 60),
        ]
    put_database(tree, chrome + "Default/History", "chromium", COMMON + ALIKE, late)
    put_database(tree, chrome + "Profile 1/History", "chromium", COMMON)
    tree.put(chrome + "Local State", '{"profile": {"last_used": "Default"}}', END, "browser")
    tree.put(chrome + "Default/Preferences", "{}", END, "browser")
    tree.put(chrome + "Default/Bookmarks", "{}", END, "browser")
    edge = local % "jonas" + "Microsoft/Edge/User Data/Default/"
    put_database(tree, edge + "History", "chromium", COMMON, late[:1])
    put_database(tree, local % "jonas" + "BraveSoftware/Brave-Browser/User Data/Default/History",
                 "chromium", COMMON)
    firefox = roaming % "anna" + "Mozilla/Firefox/Profiles/3cf05510.default-release/"
    put_database(tree, firefox + "places.sqlite", "firefox", COMMON, late[:1])
    put_database(tree, firefox + "places.sqlite.old", "firefox", COMMON)
    tree.put(roaming % "anna" + "Mozilla/Firefox/profiles.ini", "[Profile0]\n", END, "browser")
    if infected:
        put_database(tree, edge + "History.old", "chromium", COMMON)
    name = "pbxsources.com" if infected else "notpbxsources.com"
    store = bytes(4096) + ("Visited: https://%s/exchange" % name).encode("utf-16-le")
    tree.put(local % "anna" + "Microsoft/Windows/WebCache/WebCacheV01.dat",
             store.ljust(65536, b"\0"), END, "browser")


def build(infected):
    tree = Tree()
    windows(tree)
    look_alikes(tree)
    hives(tree, infected)
    browsers(tree, infected)
    if infected:
        install_anna(tree)
        install_jonas(tree)
        follow_on(tree)
    return tree
