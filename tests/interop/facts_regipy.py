"""How to find in a hive what the tests of regipy state of it (expected/regipy.json).

RULES: {plugin of regipy: Rule}. `site` gives the key that an entry tells of; `labels` what
each of its fields is: a name of a value, TIME (of the key), PATH (the key is there), a function of
the reading, or Skip with the reason why it is not compared."""

import datetime
import struct
import uuid

TIME, PATH = object(), object()
EXPLORER = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\"
WORDING = "a wording of the tool, not a content of the hive"
SHELL = "shell items are not read"
BOOT_KEY = (8, 5, 4, 2, 11, 9, 13, 3, 0, 6, 1, 12, 14, 10, 15, 7)


class Skip:
    def __init__(self, reason):
        self.reason = reason


class Rule:
    def __init__(self, site=None, count=None, **labels):
        self.site, self.count, self.labels = site, count, labels


class Reading:
    """One hive, and rows of plugins on it."""

    def __init__(self, dump, rows):
        self.dump, self.rows = dump, rows

    def value(self, key, name):
        """(type, size, text) or None."""
        for have, kind, size, shown in self.dump.data[key]:
            if have.lower() == name.lower():
                return kind, size, shown
        return None

    def text(self, key, name):
        found = self.value(key, name)
        return found[2] if found else None

    def raw(self, key, name):
        return bytes.fromhex(self.text(key, name) or "")

    def has(self, key):
        return key.lower() in self.dump.times

    def in_sets(self, path):
        """How many control sets have that key."""
        return sum(self.has(f"ControlSet{i:03}\\{path}") for i in range(1, 10))


def control_set(path):
    """Entries are those of ControlSet001 and ControlSet002, in that order."""
    return lambda entry, i: f"ControlSet{i + 1:03}\\{path}"


def fixed(path):
    return lambda entry, i: path


def below(path, label):
    return lambda entry, i: path + "\\" + entry[label]


def filetime(data):
    ticks = struct.unpack("<Q", data)[0]
    return datetime.datetime(1601, 1, 1) + datetime.timedelta(microseconds=ticks // 10)


def seconds(when):
    return when.strftime("%Y-%m-%d %H:%M:%S")


def from_unix(text):
    return seconds(datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=int(text)))


def row(plugin, kind, match, field):
    """A field of the row that a plugin gives for this entry."""

    def find(reading, key, entry, _label):
        for r in reading.rows(plugin)[kind]:
            if match(r, entry):
                return r.get(field)
        return None

    return find


def rows(plugin, kind, times=1, plus=0):
    """The tests count both control sets, which are alike: `times`."""
    return lambda reading: times * (len(reading.rows(plugin)[kind]) + plus)


def element(number, binary=None):
    """An element of an entry of the boot configuration; with `binary` the GUID at that place."""

    def find(reading, key, entry, _label):
        at = f"Objects\\{entry['guid']}\\Elements\\{number}"
        if binary is None:
            return reading.text(at, "Element")
        data = reading.raw(at, "Element")[binary:binary + 16]
        return str(uuid.UUID(bytes_le=data)) if len(data) == 16 else None

    return find


def boot_key(reading, key, _entry, _label):
    mixed = bytes.fromhex("".join(reading.dump.classes[key + "\\" + n] for n in ("JD", "Skew1", "GBG", "Data")))
    return bytes(mixed[i] for i in BOOT_KEY).hex()


def account_sid(reading, key, _entry, _label):
    return "S-1-5-21-%d-%d-%d" % struct.unpack("<3I", reading.raw(key, "V")[-12:])


def named(name, change=lambda x: x):
    return lambda reading, key, entry, label: change(reading.text(key, name))


def last_word(reading, key, entry, label):
    """What follows the resource in "@usb.inf,%hub%;USB Root Hub"."""
    name = {"device_desc": "DeviceDesc", "manufacturer": "Mfg"}[label]
    return (reading.text(key, name) or "").rpartition(";")[2]


def flag(bit):
    def find(reading, key, _entry, _label):
        flags = reading.text(key, "Flags")
        return None if flags is None else bool(int(flags) & bit)

    return find


def device_time(number):
    """A FILETIME in the properties of a device."""
    properties = "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}\\"
    return lambda reading, key, entry, label: filetime(reading.raw(key + "\\" + properties + number, "")).isoformat()


def order_of(reading, key, name):
    data = reading.raw(key, name)
    return [n for n in struct.unpack(f"<{len(data) // 4}I", data) if n != 0xFFFFFFFF]


def assist(r, entry):
    return entry["name"].lower() in (r["program"].lower(), r.get("path", "").lower())


ASSIST = {field: row("win-execution", "userassist", assist, name) for field, name in
          (("focus_count", "focus_count"), ("run_counter", "runs"), ("timestamp", "time"), ("total_focus_time_ms", "focus_ms"))}


def same_program(label):
    return lambda r, entry: r["program"].lower() == entry[label].lower()


def same_rid(r, entry):
    return r["rid"] == entry["rid"]


RULES = {
    "ActiveControlSetPlugin": Rule(fixed("Select")),
    # the first four digits of a program's ID, which are 0, regipy leaves out
    "AmCachePlugin": Rule(None, rows("win-execution", "amcache"), **{
        label: row("win-execution", "amcache", lambda r, e: r["program"] == e["full_path"], field) for label, field in
        (("full_path", "program"), ("last_modified_timestamp_2", "modified2"), ("sha1", "sha1"), ("timestamp", "time"))},
        program_id=lambda reading, key, entry, label: next(
            (reading.text(k, "100")[4:] for k in reading.dump.times if k.startswith("root\\file\\") and
             (reading.text(k, "15") or "") == entry["full_path"]), None)),
    "BackupRestorePlugin": Rule(None, lambda reading: sum(
        len(reading.dump.subkeys(f"ControlSet{i:03}\\Control\\BackupRestore")) for i in (1, 2))),
    "BAMPlugin": Rule(None, rows("win-execution", "bam"), key_path=PATH, sequence_number="SequenceNumber", version="Version", **{
        label: row("win-execution", "bam", lambda r, e: (r["program"], r["sid"]) == (e["executable"], e["sid"]), field)
        for label, field in (("sid", "sid"), ("executable", "program"))},
        timestamp=lambda reading, key, entry, label: filetime(reading.raw(key, entry["executable"])[:8]).isoformat()),
    "BootEntryListPlugin": Rule(below("Objects", "guid"), guid=PATH, name=element("12000004"), image_path=element("12000002"),
                                gpt_disk=element("11000001", 56), gpt_partition=element("11000001", 32), timestamp=TIME,
                                type=lambda reading, key, entry, label: "0x%08X" % int(reading.text(key + "\\Description", "Type"))),
    "BootKeyPlugin": Rule(control_set("Control\\Lsa"), key=boot_key, timestamp=TIME),
    "CodepagePlugin": Rule(),
    "ComputerNamePlugin": Rule(control_set("Control\\ComputerName\\ComputerName"), name="ComputerName", timestamp=TIME),
    "CrashDumpPlugin": Rule(CrashDumpEnabledStr=Skip(WORDING)),
    "DiagSRPlugin": Rule(**{f"SrCreateRp ({x})": lambda reading, key, entry, label: seconds(filetime(reading.raw(key, label)[8:16]))
                            for x in ("Enter", "Leave")}),
    "DisableLastAccessPlugin": Rule(NtfsDisableLastAccessUpdateStr=Skip(WORDING)),
    "DomainSidPlugin": Rule(fixed("Policy\\PolMachineAccountS"), timestamp=TIME,
                            domain_name=lambda reading, key, entry, label: reading.raw("Policy\\PolPrDmN", "")[8:].decode("utf-16-le").rstrip("\0"),
                            domain_sid=lambda reading, key, entry, label: reading.text("Policy\\PolPrDmS", "") or None,
                            machine_sid=lambda reading, key, entry, label: reading.text(key, "") or None),
    "HostDomainNamePlugin": Rule(control_set("Services\\Tcpip\\Parameters"), hostname="Hostname", domain="Domain", timestamp=TIME),
    "InstalledProgramsNTUserPlugin": Rule(below("Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall", "service_name"), lambda reading: len(
        reading.dump.subkeys("Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall")), service_name=PATH, registry_path=PATH, timestamp=TIME),
    "LocalSidPlugin": Rule(fixed("SAM\\Domains\\Account"), machine_sid=account_sid, timestamp=TIME),
    "LSAPackagesPlugin": Rule(None, lambda reading: reading.in_sets("Control\\Lsa"), key_path=PATH, last_write=TIME,
                              audit_base_objects="AuditBaseObjects", audit_base_directories="AuditBaseDirectories",
                              limit_blank_password_use="LimitBlankPasswordUse", notification_packages="Notification Packages",
                              security_packages="Security Packages", authentication_packages="Authentication Packages",
                              secure_boot="SecureBoot"),
    "MountedDevicesPlugin": Rule(None, rows("win-system", "mounted"), key_path=PATH, last_write=TIME,
                                 value_name=row("win-system", "mounted", lambda r, e: r["name"] == e["value_name"], "name"),
                                 mount_point=Skip(WORDING),
                                 mount_type=Skip(WORDING)),
    "NetworkDataPlugin": Rule(interface_name=PATH, last_modified=TIME, timestamp=TIME, dhcp_enabled="EnableDHCP", ip_address="IPAddress",
                              subnet_mask="SubnetMask", default_gateway="DefaultGateway", name_server="NameServer", domain="Domain",
                              incomplete_data=Skip(WORDING)),
    "NetworkDrivesPlugin": Rule(below("Network", "drive_letter"), drive_letter=PATH, last_write=TIME, network_path="RemotePath"),
    "NtuserClassesInstallerPlugin": Rule(below("Software\\Microsoft\\Installer\\Products", "identifier"), lambda reading: len(
        reading.dump.subkeys("Software\\Microsoft\\Installer\\Products")), identifier=PATH, timestamp=TIME, product_name="ProductName",
        is_hidden=Skip(WORDING)),
    "NTUserPersistencePlugin": Rule(None, lambda reading: 1),
    "UserAssistPlugin": Rule(None, rows("win-execution", "userassist", 2, 2), session_id=Skip("not recorded: it is 0 since Windows 7"),
                             name=lambda reading, key, entry, label: entry["name"] if any(
                                 assist(r, entry) for r in reading.rows("win-execution")["userassist"]) else None, **ASSIST),
    "PagefilePlugin": Rule(None, lambda reading: reading.in_sets("Control\\Session Manager\\Memory Management"), key_path=PATH, last_write=TIME,
                           clear_pagefile_at_shutdown="ClearPageFileAtShutdown", paging_files="PagingFiles",
                           existing_page_files="ExistingPageFiles", path=named("PagingFiles", lambda x: x.split("|")[0].split(" ")[0])),
    "PreviousWinVersionPlugin": Rule(key=PATH, update_date=Skip(WORDING), InstallDate=named("InstallDate", from_unix)),
    "ProcessorArchitecturePlugin": Rule(),
    "RoutesPlugin": Rule(),
    "SafeBootConfigurationPlugin": Rule(None, lambda reading: reading.in_sets("Control\\SafeBoot")),
    "SAMParsePlugin": Rule(None, rows("win-system", "account"), key_path=PATH, rid=row("win-system", "account", same_rid, "rid"),
                           last_write=row("win-system", "account", same_rid, "time"),
                           last_login=row("win-system", "account", same_rid, "last_logon"),
                           password_last_set=row("win-system", "account", same_rid, "password_set"),
                           last_failed_login=row("win-system", "account", same_rid, "last_failed"),
                           login_count=row("win-system", "account", same_rid, "logons"),
                           account_flags=lambda reading, key, entry, label: struct.unpack_from("<H", reading.raw(key, "F"), 56)[0],
                           failed_login_count=lambda reading, key, entry, label: struct.unpack_from("<H", reading.raw(key, "F"), 64)[0],
                           account_expires=lambda reading, key, entry, label: None if struct.unpack_from(
                               "<q", reading.raw(key, "F"), 32)[0] in (0, 2**63 - 1) else "set",
                           account_flags_parsed=Skip(WORDING)),
    "ServicesPlugin": Rule(None, lambda reading: sum(k.endswith("\\services") and k.count("\\") == 1 for k in reading.dump.times)),
    "ShellBagNtuserPlugin": Rule(None, Skip(SHELL)),
    "ShellBagUsrclassPlugin": Rule(None, Skip(SHELL), reg_path=PATH, value_name=lambda reading, key, entry, label: entry["value_name"] if reading.value(
        key, entry["value_name"]) else None, slot=PATH, node_slot="NodeSlot", last_write=TIME, mru_order=lambda reading, key, entry, label: "-".join(
                map(str, order_of(reading, key, "MRUListEx"))), mru_order_location=lambda reading, key, entry, label: order_of(
                    reading, key, "MRUListEx").index(int(entry["slot"])), **{label: Skip(SHELL) for label in (
                        "value", "shell_type", "path", "creation_time", "full path", "access_time", "modification_time", "location description")}),
    "ShimCachePlugin": Rule(None, rows("win-execution", "appcompatcache", 2), **{
        label: row("win-execution", "appcompatcache", same_program("path"), field) for label, field in
        (("last_mod_date", "modified"), ("path", "program"), ("exec_flag", "ran"))}),
    "ShutdownPlugin": Rule(date=lambda reading, key, entry, label: seconds(filetime(reading.raw(key, "ShutdownTime")))),
    "TSClientPlugin": Rule(None, lambda reading: len(reading.dump.subkeys("Software\\Microsoft\\Terminal Server Client\\Servers"))),
    "TimezoneDataPlugin": Rule(None, lambda reading: reading.in_sets("Control\\TimeZoneInformation")),
    "TimezoneDataPlugin2": Rule(None, lambda reading: reading.in_sets("Control\\TimeZoneInformation")),
    "TypedPathsPlugin": Rule(fixed(EXPLORER + "TypedPaths")),
    "TypedUrlsPlugin": Rule(fixed("Software\\Microsoft\\Internet Explorer\\TypedURLs")),
    "USBDevicesPlugin": Rule(None, lambda reading: 2 * sum(r["bus"] == "USB" for r in reading.rows("win-system")["usb"]), key_path=PATH, last_write=TIME, hardware_id="HardwareID", container_id="ContainerID",
                             service="Service", class_guid="ClassGUID", driver="Driver", manufacturer=last_word, device_desc=last_word,
                             vid_pid=PATH, instance_id=PATH, vid=Skip(WORDING), pid=Skip(WORDING), **{"class": "Class"}),
    "USBSTORPlugin": Rule(None, key_path=PATH, last_write=TIME, device_name="FriendlyName", first_installed=device_time("0065"),
                          last_installed=device_time("0064"), last_connected=device_time("0066"), last_removed=device_time("0067"),
                          disk_guid=lambda reading, key, entry, label: reading.text(key + "\\Device Parameters\\Partmgr", "DiskId"),
                          manufacturer=PATH, serial_number=PATH, title=PATH, version=PATH),
    "WDIGESTPlugin": Rule(subkey=PATH, timestamp=TIME, use_logon_credential="UseLogonCredential"),
    "WinRARPlugin": Rule(site=lambda entry, i: "Software\\WinRAR\\" + {
        "archive_opened": "ArcHistory", "archive_created": "DialogEditHistory\\ArcName", "archive_extracted": "DialogEditHistory\\ExtrPath"}[
            entry["operation"]], last_write=TIME, operation=Skip(WORDING), value_name=PATH,
        file_path=lambda reading, key, entry, label: reading.text(key, entry["value_name"]),
        file_name=lambda reading, key, entry, label: reading.text(key, entry["value_name"])),
    "WinSCPSavedSessionsPlugin": Rule(None, lambda reading: len(reading.dump.subkeys("Software\\Martin Prikryl\\WinSCP 2\\Sessions")),
                                      key_path=PATH, timestamp=TIME, hive_name=Skip(WORDING)),
    "WordWheelQueryPlugin": Rule(fixed(EXPLORER + "WordWheelQuery"), lambda reading: len(
        reading.dump.data[EXPLORER + "WordWheelQuery"]) - 1, last_write=TIME,
        name=lambda reading, key, entry, label: reading.raw(key, str(entry["mru_id"])).decode("utf-16-le").rstrip("\0"),
        mru_id=lambda reading, key, entry, label: order_of(reading, key, "MRUListEx")[entry["order"]],
        order=lambda reading, key, entry, label: order_of(reading, key, "MRUListEx").index(entry["mru_id"])),
    "WSLPlugin": Rule(last_modified=TIME, number_of_distrib=lambda reading, key, entry, label: len(reading.dump.subkeys(key)),
                      default_distrib_GUID="DefaultDistribution", nat_ip_address="NatIpAddress", wsl_version=Skip(WORDING), GUID=PATH,
                      wsl_distribution_source_location="BasePath", default_uid="DefaultUid", distribution_name="DistributionName",
                      default_environment="DefaultEnvironment", flags="Flags", kernel_command_line="KernelCommandLine",
                      package_family_name="PackageFamilyName", state=named("State", lambda x: {"1": "Normal", None: None}[x]),
                      filesystem=Skip(WORDING), enable_interop=flag(1), append_nt_path=flag(2), enable_drive_mounting=flag(4)),
}

# --- and by the rows of plugins -------------------------------------------------------------


def installed(field):
    return row("win-installed", "installed", lambda r, e: r["id"] in (e.get("service_name"), e.get("GUID"), e.get("identifier")) or
               r["name"] == e.get("product_name"), field)


def typed(kind):
    """The row whose value is the text of the fact."""

    def find(reading, key, entry, label):
        wanted = entry[label]
        return next((r["value"] for r in reading.rows("win-mru")[kind] if r["value"] == wanted), None)

    return find


def run_value(field):
    return row("win-run-keys", "autostart", lambda r, e: r["place"] == "run" and r["name"] == e["name"], field)


SEEN = {
    "InstalledProgramsNTUserPlugin": ("win-installed", {
        "service_name": installed("id"), "timestamp": installed("time"), "DisplayIcon": installed("icon"), "DisplayName": installed("name"),
        "DisplayVersion": installed("version"), "EstimatedSize": installed("size_kib"), "URLInfoAbout": installed("url"),
        "Publisher": installed("publisher"), "UninstallString": installed("removal"), "InstallLocation": installed("location")}),
    "NtuserClassesInstallerPlugin": ("win-installed", {"product_name": installed("name")}),
    "WSLPlugin": ("win-installed", {"distribution_name": installed("name"), "wsl_distribution_source_location": installed("location"),
                                    "default_uid": installed("uid")}),
    "NTUserPersistencePlugin": ("win-run-keys", {"name": run_value("name"), "value": run_value("command"), "value_type": run_value("type")}),
    "TypedUrlsPlugin": ("win-mru", dict.fromkeys((f"url{i}" for i in range(1, 30)), typed("typed-url"))),
    "TypedPathsPlugin": ("win-mru", dict.fromkeys((f"url{i}" for i in range(1, 30)), typed("typed-path"))),
    "WordWheelQueryPlugin": ("win-mru", {"name": typed("search")}),
}
