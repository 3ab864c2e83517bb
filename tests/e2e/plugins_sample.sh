# The profile of the 3CX case on the sample image: these findings, no others.
. "$FOSSICK_SRC/tests/tap.sh"
. "$FOSSICK_SRC/tests/e2e/plugins.sh"
data=$FOSSICK_SRC/tests/data
before=$(cat "$data/sample.E01" "$data/sample.E02" | sha256sum)
collect sample "$data/sample.E01"
is "ends complete" "$status" 0
is "no anomaly" "$(say anomalies)" ""

anna=Users/anna/AppData/Local jonas=Users/jonas/AppData/Local
app=Programs/3CXDesktopApp
cat >"$T/wanted" <<EOF
high | high | 3cx-payload-cache | $anna/$app/app-18.12.416/d3dcompiler_47.dll | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-payload-cache | $anna/$app/app-18.12.416/ffmpeg.dll | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-payload-cache | $anna/$app/app-18.12.416/manifest | State file of the second stage
high | high | 3cx-payload-cache | $anna/Microsoft/Windows/INetCache/IE/3CF0AB12/icon3[1].ico | Icon of the 3CX malware in a cache
high | high | 3cx-payload-cache | $jonas/$app/app/d3dcompiler_47.dll | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-payload-cache | $jonas/$app/app/ffmpeg.dll | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-payload-cache | $jonas/$app/app/manifest | State file of the second stage
high | high | 3cx-payload-cache | Windows/System32/config/TxR/{8f0e7c52-3cf0-4a11-9d55-0123456789ab}.TxR.0.regtrans-ms | Registry transaction log without its set, the hiding place of TAXHAUL
high | medium | 3cx-payload-cache | Windows/System32/wlbsctrl.dll | File of the malware that followed
high | medium | 3cx-browser | $anna/Google/Chrome/User Data/Default/History | Visit to a network name of the 3CX compromise
high | medium | 3cx-browser | $anna/Microsoft/Windows/WebCache/WebCacheV01.dat | Network name of the 3CX compromise in WinINet's store
info | high | win-run-keys | Users/anna/NTUSER.DAT | Autostart of the 3CX app
info | high | win-run-keys | Users/jonas/NTUSER.DAT | Autostart of the 3CX app
info | medium | win-run-keys | Windows/System32/config/SOFTWARE | Autostart of a program that is not there
info | medium | 3cx-browser | Users/anna/AppData/Roaming/Mozilla/Firefox/Profiles/3cf05510.default-release/places.sqlite.old | Copy of a browser history under the name that the ICONIC stealer uses
medium | high | 3cx-install | $anna/$app/app-18.12.416 | Exposed: bad build 18.12.416 of the 3CX app is or was installed
medium | high | 3cx-install | $jonas/$app/app/3CXDesktopApp.exe | Exposed: bad build 18.12.407 of the 3CX app is or was installed
medium | high | 3cx-install | Users/jonas/NTUSER.DAT | Exposed: bad build 18.12.407 of the 3CX app is or was installed
medium | high | 3cx-install | Windows/System32/config/SOFTWARE | Exposed: bad build 18.12.416 of the 3CX app is or was installed
medium | high | 3cx-install | Windows/appcompat/Programs/Amcache.hve | Exposed: bad build 18.12.407 of the 3CX app is or was installed
medium | high | 3cx-traces | Windows/Prefetch/3CXDESKTOPAPP.EXE-3CF05510.pf | Exposed: bad build 18.12.416 of the 3CX app is or was installed
medium | medium | 3cx-install | Users/anna/Downloads/3CXDesktopApp-18.12.416.msi | Installer of the bad build 18.12.416 of the 3CX app
medium | medium | 3cx-browser | $anna/Google/Chrome/User Data/Default/History | Download of the bad build 18.12.416 of the 3CX app
medium | medium | 3cx-browser | $jonas/Microsoft/Edge/User Data/Default/History.old | Copy of a browser history under the name that the ICONIC stealer uses
EOF
is "findings" "$(say findings | LC_ALL=C sort)" "$(LC_ALL=C sort "$T/wanted")"

is "every file of the categories is collected with its digest" \
	"$(say collected "$data/sample.truth.tsv" 3cx registry browser)" ""
is "files of other programs are left alone" \
	"$(unzip -Z1 "$archive" | grep -E 'ChatBox|COMODO|Documents|explorer\.exe')" ""
is "programs that the Run keys start are collected" \
	"$(unzip -Z1 "$archive" | grep -E 'OneDrive.exe|tray.exe|SecurityHealth' | LC_ALL=C sort)" \
	"fs/C/Program Files (x86)/Printer Tools/tray.exe
fs/C/Users/anna/AppData/Local/Microsoft/OneDrive/OneDrive.exe
fs/C/Users/jonas/AppData/Local/Microsoft/OneDrive/OneDrive.exe
fs/C/Windows/System32/SecurityHealthSystray.exe"

is "builds of the app" "$(say records 3cx-install install version class source | LC_ALL=C sort -u)" \
	"18.12.407 | bad | Amcache Root\\InventoryApplicationFile\\3cxdesktopapp.ex|3cf0000000000001
18.12.407 | bad | Windows Installer Software\\Microsoft\\Installer\\Products\\0CF0551C0000000480000000000C0DE7
18.12.407 | bad | uninstall entry Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}.msq
18.12.407 | bad | version resource of 3CXDesktopApp.exe
18.12.416 | bad | RELEASES
18.12.416 | bad | Windows Installer Microsoft\\Windows\\CurrentVersion\\Installer\\UserData\\S-1-5-18\\Products\\0CF0551C0000000480000000000C0DE4\\InstallProperties
18.12.416 | bad | folder app-18.12.416
18.12.416 | bad | package 3CXDesktopApp-18.12.416-full.nupkg
18.12.416 | bad | version resource of 3CXDesktopApp.exe
18.12.425 | clean | .installInfo.json
18.12.425 | clean | MSQ-UpdateSelf.log
18.12.425 | clean | RELEASES
18.12.425 | clean | folder app-18.12.425
18.12.425 | clean | uninstall entry Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}.msq
18.12.425 | clean | version resource of 3CXDesktopApp.exe"
is "facts of the machine" \
	"$(say records 3cx-install host computer hardware_profile ikeext_start machine_guid)" \
	"- | - | - | 3cf05510-0000-4000-8000-00000000c0de
FIXTURE-PC | {8f0e7c52-3cf0-4a11-9d55-0123456789ab} | 3 | -"
is "runs of the app" "$(say records 3cx-install run source user count time)" \
	"BAM | anna | - | 2023-04-11T16:45:00Z
MuiCache | anna | - | -
MuiCache | jonas | - | -
UserAssist | jonas | 5 | 2023-03-14T09:12:00Z"
is "runs in a prefetch file" "$(say records 3cx-traces run source user version count time)" \
	"prefetch | anna | 18.12.416 | 2 | 2023-03-14T09:13:00Z
prefetch | anna | 18.12.416 | 2 | 2023-04-05T09:12:00Z"
is "what the app opened" "$(say records 3cx-traces loaded user files | grep -o '[A-Z_0-9.]*.[],]' | tr -d "'],\\n")" \
	"FFMPEG.DLLD3DCOMPILER_47.DLLMANIFEST"
is "payloads" "$(say records 3cx-payload-cache payload entry kind offset size proved | sed 's,.*/app,app,')" \
	"app-18.12.416/d3dcompiler_47.dll | text | 3584 | 528 | False
app/d3dcompiler_47.dll | text | 3584 | 528 | False"
is "where the installer came from" "$(say records 3cx-install installer version from)" \
	"18.12.416 | https://downloads-global.3cx.com/downloads/v180/templates/clients/3CXDesktopApp-18.12.416.msi"
is "state files" "$(say records 3cx-payload-cache state user wait_until)" \
	"anna | 2023-03-22T10:12:00Z
jonas | 2023-03-17T09:12:07Z"
is "autostarts" "$(say records win-run-keys autostart scope user name startup disabled missing)" \
	"machine | - | Cleanup | - | - | $(say records win-run-keys autostart missing | grep -v '^-')
machine | - | Printer tray | - | - | -
machine | - | SecurityHealth | - | - | -
user | anna | OneDrive | - | - | -
user | anna | electron.app.3CX Desktop App | - | - | -
user | jonas | OneDrive | - | - | -
user | jonas | electron.app.3CX Desktop App | disabled | 2023-04-07T07:30:00Z | -"
is "visits of each database, those in the log only among them" \
	"$(say records browser-history history browser profile user visits downloads)" \
	"Brave | Default | jonas | 3 | 0
Chrome | Default | anna | 11 | 1
Chrome | Profile 1 | anna | 3 | 0
Edge | Default | jonas | 4 | 0
Firefox | 3cf05510.default-release | anna | 4 | 0"
is "visits that only the log has" \
	"$(say records browser-history visit browser time url | grep -E 'late|cdn')" \
	"Chrome | 2023-04-03T09:13:00Z | https://cdn.akamaitechcloudservices.com/x
Chrome | 2023-04-11T16:45:00Z | https://www.example.org/late
Edge | 2023-04-11T16:45:00Z | https://www.example.org/late
Firefox | 2023-04-11T16:45:00Z | https://www.example.org/late"
is "the image is as it was" "$(cat "$data/sample.E01" "$data/sample.E02" | sha256sum)" "$before"
done_testing
