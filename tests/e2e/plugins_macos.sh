# The profile of the 3CX case on the files of a Mac, a folder as source.
. "$FOSSICK_SRC/tests/tap.sh"
. "$FOSSICK_SRC/tests/e2e/plugins.sh"
app="Applications/3CX Desktop App.app/Contents"
support="Users/mia/Library/Application Support/3CX Desktop App"

python3 "$FOSSICK_SRC/tests/data/tree_dirs.py" mac "$T/tree"
collect mac "$T/tree"
cat >"$T/wanted" <<EOF
high | high | 3cx-macos | $app/Frameworks/Electron Framework.framework/Versions/A/Libraries/libffmpeg.dylib | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-macos | $support/.main_storage | State file of the macOS malware
high | high | 3cx-macos | private/etc/apdl.cf | File of the malware that followed
high | medium | 3cx-macos | $support/UpdateAgent | File of the malware that followed
medium | high | 3cx-macos | $app/Info.plist | Exposed: bad build 18.12.416 of the 3CX app is or was installed
medium | medium | 3cx-macos | Users/mia/Downloads/3CXDesktopApp-18.12.416.dmg | Installer of the bad build 18.12.416 of the 3CX app
EOF
is "findings" "$(say findings)" "$(cat "$T/wanted")"
is "builds, from both forms of property lists" \
	"$(say records 3cx-macos install version class system entry)" \
	"18.12.416 | bad | macos | $app/Info.plist
18.12.422 | clean | macos | Users/mia/Applications/3CX Desktop App.app/Contents/Info.plist"
is "the state file is decoded" "$(say records 3cx-macos state id next_contact)" \
	"00000000-0000-4000-8000-000000000001 | 2023-03-28T10:40:00Z"
is "visits of Safari, the log among them" "$(say records browser-history visit browser time url)" \
	"Safari | 2023-03-14T09:12:00Z | https://www.example.org/mac
Safari | 2023-03-14T09:13:00Z | https://late.example.org/"
is "account that the stealer could read" "$(say records 3cx-macos settings account pbx)" \
	"201 | https://pbx.example.invalid"

python3 "$FOSSICK_SRC/tests/data/tree_dirs.py" mac-clean "$T/clean"
collect mac-clean "$T/clean"
is "a clean build: no finding" "$(say findings)" ""
is "a clean build: records" "$(say records 3cx-macos install version class | sort -u)" \
	"18.12.422 | clean"
done_testing
