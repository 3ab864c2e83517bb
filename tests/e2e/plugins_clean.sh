# The clean twin: look-alikes of every kind, and no finding above "info".
. "$FOSSICK_SRC/tests/tap.sh"
. "$FOSSICK_SRC/tests/e2e/plugins.sh"
collect clean "$FOSSICK_SRC/tests/data/clean.E01"
is "ends complete" "$status" 0
is "no anomaly" "$(say anomalies)" ""
is "findings" "$(say findings)" \
	"info | low | 3cx-browser | Users/anna/AppData/Roaming/Mozilla/Firefox/Profiles/3cf05510.default-release/places.sqlite.old | Copy of a browser history under the name that the ICONIC stealer uses
info | medium | win-run-keys | Windows/System32/config/SOFTWARE | Autostart of a program that is not there"
is "no build of the app" "$(say records 3cx-install install version)" ""
is "names that only look like those of the case are visits like others" \
	"$(say records browser-history visit listed | LC_ALL=C sort -u)" "-"
is "hives and histories are collected all the same" \
	"$(unzip -Z1 "$archive" | grep -cE '/(SAM|SECURITY|SOFTWARE|SYSTEM|DEFAULT|NTUSER.DAT|UsrClass.dat|Amcache.hve|History|places.sqlite)$')" 15
done_testing
