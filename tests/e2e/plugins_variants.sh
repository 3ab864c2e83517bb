# Each form of the state file, of the certificate table and of lone logs.
. "$FOSSICK_SRC/tests/tap.sh"
. "$FOSSICK_SRC/tests/e2e/plugins.sh"
python3 "$FOSSICK_SRC/tests/data/tree_dirs.py" variants "$T/tree"
collect variants "$T/tree" -p 3cx-install,3cx-payload-cache
base=Users/kim/AppData/Local/Programs/3CXDesktopApp
cut_base() {
	sed "s,$base/,,;s,Windows/System32/config/TxR/,,"
}
cat >"$T/wanted" <<'EOF'
high | high | 3cx-payload-cache | app-18.3.1/d3dcompiler_47.dll | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-payload-cache | app-18.3.2/d3dcompiler_47.dll | Library of the 3CX app with signs of the trojanised build
high | high | 3cx-payload-cache | app-18.4.1/manifest | State file of the second stage
high | high | 3cx-payload-cache | app-18.4.2/manifest | State file of the second stage
high | high | 3cx-payload-cache | app-18.4.3/manifest | State file of the second stage
high | medium | 3cx-payload-cache | app-18.4.4/manifest | State file of the second stage
high | medium | 3cx-payload-cache | app-18.4.5/manifest | State file of the second stage
high | medium | 3cx-payload-cache | app-18.4.6/manifest | State file of the second stage
low | low | 3cx-payload-cache | app-18.2.1/d3dcompiler_47.dll | Data behind the certificate of a program
low | low | 3cx-payload-cache | app-18.2.3/d3dcompiler_47.dll | Data behind the certificate of a program
low | low | 3cx-payload-cache | {00000000-1111-2222-3333-444444444444}.TxR.0.regtrans-ms | Registry transaction log without its set, the hiding place of TAXHAUL
medium | low | 3cx-payload-cache | app-18.2.2/d3dcompiler_47.dll | Data behind the certificate of a program
medium | low | 3cx-payload-cache | app-18.4.7/manifest | State file of the second stage
EOF
is "findings" "$(say findings | cut_base)" "$(cat "$T/wanted")"
is "what decrypts to the published shellcode is told" \
	"$(say details | cut_base | grep decrypts)" \
	"app-18.3.1/d3dcompiler_47.dll | the data behind the signature decrypts to the start of the published shellcode; FEEDFACE twice and 72 bytes more behind the signature"
is "times of the state files" \
	"$(say records 3cx-payload-cache state entry wait_until | cut_base)" \
	"app-18.4.1/manifest | 2023-03-21T09:12:05Z
app-18.4.2/manifest | 2023-03-21T09:12:05Z
app-18.4.3/manifest | 2023-03-21T09:12:05Z
app-18.4.4/manifest | -
app-18.4.5/manifest | -
app-18.4.6/manifest | -
app-18.4.7/manifest | -"
is "damaged programs are anomalies" \
	"$(say anomalies | grep 'app-18' | sed 's#^.*/app-18#app-18#')" \
	"app-18.5.1/d3dcompiler_47.dll | no readable program: no MZ header
app-18.5.2/d3dcompiler_47.dll | offset 0x600: the certificate table ends behind the end of the file
app-18.5.3/ffmpeg.dll | no readable program: no MZ header"
done_testing
