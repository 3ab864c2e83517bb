r"""A folder as a volume of Windows on which programs are installed in every way that the registry
keeps, for tests/e2e/win_installed.py. Nothing in it runs.

    installed_tree.make(FOLDER)"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import regf

WHEN = regf.filetime("2023-03-29T08:15:30Z")
CURRENT = r"Microsoft\Windows\CurrentVersion" + "\\"
UNINSTALL = CURRENT + "Uninstall\\"
SID = "S-1-5-21-1-2-3-1001"
CODE, PACKED = "{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}", "08C5ED7732E1A1C47BC892FB0FABFA4B"
OTHER, OTHER_PACKED = "{692514A8-5484-45FC-B0AE-BE2DF7A75891}", "8A4152964845CF540BEAEBD27F7A8519"
PATCH, PATCH_PACKED = "{00112233-4455-6677-8899-AABBCCDDEEFF}", "33221100554477668899AABBCCDDEEFF"
PHOTOS = "Microsoft.Windows.Photos_2018.18022.15810.0_x64__8wekyb3d8bbwe"
WEB_APP = "abcdefghijklmnopabcdefghijklmnop"


def put(hive, key, **values):
    hive.key(key)
    for name, value in values.items():
        hive.set(key, name, value)


def machine():
    hive = regf.Hive("SOFTWARE", WHEN)
    put(hive, UNINSTALL + CODE, DisplayName="Phone (Machine - MSI)", DisplayVersion="18.12.416", WindowsInstaller=1,
        SystemComponent=1, InstallDate="20230322", UninstallString="MsiExec.exe /X" + CODE, Publisher="Vendor")
    put(hive, UNINSTALL + "Editor 7", DisplayName="Editor 7", InstallLocation=r"C:\Program Files\Editor", EstimatedSize=1234)
    put(hive, "Wow6432Node\\" + UNINSTALL + "{11111111-2222-3333-4444-555555555555}", DisplayName="Bundle",
        BundleCachePath=r"C:\ProgramData\Package Cache\b.exe", InstallDate="20230231")
    put(hive, UNINSTALL + "KB1", DisplayName="Update", ParentKeyName="Editor 7", InstallDate="3/29/2023")

    data = CURRENT + r"Installer\UserData" + "\\"
    for user, code, package in ("S-1-5-18", PACKED, r"C:\Windows\Installer\717d29.msi"), (SID, OTHER_PACKED, r"C:\Windows\Installer\gone.msi"):
        put(hive, data + user + "\\Products\\" + code + "\\InstallProperties", DisplayName="Phone", DisplayVersion="18.12.416",
            LocalPackage=package, InstallSource="C:\\Users\\ann\\Downloads\\", InstallDate="20230322")
    put(hive, data + "S-1-5-18\\Products\\" + PACKED + "\\Patches\\" + PATCH_PACKED, DisplayName="Hotfix", State=1)
    put(hive, data + "S-1-5-18\\Patches\\" + PATCH_PACKED, LocalPackage=r"C:\Windows\Installer\9a.msp")
    put(hive, "Classes\\Installer\\Products\\" + PACKED, ProductName="Phone", Version=0x120C01A0, PackageCode=OTHER_PACKED)
    put(hive, "Classes\\Installer\\Products\\" + PACKED + "\\SourceList", PackageName="Phone-18.12.416.msi")
    hive.set("Classes\\Installer\\Products\\" + PACKED + "\\SourceList", "LastUsedSource",
             "n;1;C:\\Users\\ann\\Downloads\\", "REG_EXPAND_SZ")
    put(hive, CURRENT + "Installer\\Managed\\" + SID + "\\Installer\\Products\\" + OTHER_PACKED, ProductName="Managed")
    put(hive, CURRENT + "Appx\\AppxAllUserStore\\Applications\\" + PHOTOS,
        Path=r"C:\Program Files\WindowsApps\Photos\AppxManifest.xml")
    hive.set(CURRENT + r"App Paths\editor.exe", "", r"C:\Program Files\Editor\editor.exe")
    odd(hive, data)
    return hive


def odd(hive, data):
    put(hive, UNINSTALL + "{77DE5C80-1E23-4C1A-B78C}.msq", DisplayName=["Many", "names"], DisplayVersion=7, InstallDate=20230322)
    hive.set(UNINSTALL + "Bytes", "DisplayName", b"\xff\xfe\0")
    hive.set(UNINSTALL + "Bytes", "SystemComponent", "1")
    hive.key(UNINSTALL + "Empty")
    hive.key(data + r"S-1-5-18\Products\not-a-guid")
    put(hive, data + r"S-1-5-18\Products\0123456789ABCDEF0123456789ABCDEG\InstallProperties", LocalPackage=r"Z:\x.msi")
    put(hive, "Classes\\Installer\\Products\\" + OTHER_PACKED, ProductName="", Version="18", PackageCode="short")
    hive.key(CURRENT + "Appx\\AppxAllUserStore\\Applications\\no full name")


def user():
    hive = regf.Hive("NTUSER.DAT", WHEN)
    root = "Software\\" + UNINSTALL
    put(hive, root + CODE + ".msq", DisplayName="Phone (User)", DisplayVersion="18.12.425",
        InstallPath=r"C:\Users\ann\AppData\Local\Programs\Phone", UninstallString="MsiExec.exe /X " + CODE)
    hive.key_time(root + CODE + ".msq", regf.filetime("2023-04-01T00:00:00Z"))
    put(hive, root + "0123456789", DisplayName="Web client", Publisher="Google\\Chrome", DisplayVersion="1.0",
        UninstallString='"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe" --profile-directory="Profile 1" '
                        "--uninstall-app-id=" + WEB_APP)
    put(hive, r"Software\Microsoft\Installer\Products" + "\\" + PACKED, ProductName="Phone", Version=0x120C01A0)
    put(hive, "Software\\" + CURRENT + r"Lxss\{17a1ba00-e5d7-44ba-af5f-194a2677fbb6}", DistributionName="Debian", State=1, Version=2,
        DefaultUid=1000, BasePath=r"C:\Users\ann\wsl")
    hive.key("Software\\" + CURRENT + r"Lxss\AppxInstallerCache")
    return hive


def classes():
    hive = regf.Hive("UsrClass.dat", WHEN)
    root = r"Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository" + "\\"
    put(hive, root + "Packages\\" + PHOTOS, DisplayName="@{Photos?ms-resource://x}",
        PackageRootFolder=r"C:\Program Files\WindowsApps\Photos")
    hive.set(root + r"Families\Microsoft.Windows.Photos_8wekyb3d8bbwe" + "\\" + PHOTOS, "InstallTime",
             regf.filetime("2022-01-02T03:04:05Z"), "REG_QWORD")
    return hive


def amcache():
    hive = regf.Hive("Amcache.hve", WHEN)
    new, old = "Root\\InventoryApplication\\", "Root\\Programs\\"
    put(hive, new + "0001", Name="Phone", Version="18.12.416", Source="Msi", MsiProductCode=CODE, InstallDate="03/22/2023 09:10:11",
        Publisher="")
    put(hive, new + "0002", Name="Editor 7", InstallDate="03/22/2023 00:00:00", RegistryKeyPath="HKEY_LOCAL_MACHINE\\x")
    put(hive, new + "0003", Name=7, InstallDate="13/45/2023 99:00:00")
    put(hive, old + "0001", **{"0": "Phone", "1": "18", "6": "AddRemoveProgram", "7": ["k1", "k2"], "d": [], "f": CODE})
    hive.set(old + "0001", "a", 1680077730, "REG_QWORD")
    hive.set(old + "0001", "b", 0, "REG_QWORD")
    return hive


def advertised(name, version):
    """A user's hive with one product."""
    hive = regf.Hive("NTUSER.DAT", WHEN)
    put(hive, r"Software\Microsoft\Installer\Products" + "\\" + PACKED, ProductName=name, Version=version)
    return hive


def write(folder, name, data):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def put_hive(folder, name, hive):
    """The hive on a volume that is one of Windows by its look."""
    write(folder, name, hive.build())
    write(folder, "Windows/System32/ntoskrnl.exe", b"")


def make(folder):
    for name in "717d29.msi", "9a.msp", "left.msi":
        write(folder, "Windows/Installer/" + name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + name.encode())
    put_hive(folder, "Windows/System32/config/SOFTWARE", machine())
    former = regf.Hive("SOFTWARE", WHEN)
    put(former, UNINSTALL + "Before", DisplayName="Before")
    put(former, CURRENT + r"Installer\UserData\S-1-5-18\Products" + "\\" + OTHER_PACKED + r"\InstallProperties",
        LocalPackage=r"C:\Windows\Installer\left.msi")
    put_hive(folder, "Windows.old/Windows/System32/config/SOFTWARE", former)
    put_hive(folder, "Windows/appcompat/Programs/Amcache.hve", amcache())
    put_hive(folder, "Users/ann/NTUSER.DAT", user())
    put_hive(folder, "Users/ann/AppData/Local/Microsoft/Windows/UsrClass.dat", classes())
