-- Tests of lua-scripts/lib, run as a plugin: one record for each case. The
-- script tests/e2e/plugins_libs.sh turns them into TAP.
local appcompat = require("appcompat")
local autostart = require("autostart")
local csv = require("csv")
local day = require("day")
local former = require("former")
local glob = require("glob")
local handlers = require("handlers")
local container = require("3cx-container")
local cx = require("3cx")
local icons = require("3cx-icon")
local installed = require("installed")
local json = require("json")
local msi = require("msi")
local macos = require("3cx-macos")
local payload = require("3cx-payload")
local path = require("path")
local registry = require("registry")
local service = require("service")
local text = require("text")
local updates = require("3cx-updates")
local wmi = require("wmi")
local xml = require("xml")
local zone = require("zone")

local cases = {}

local function show(v)
	if type(v) ~= "table" then
		return tostring(v)
	end
	local keys, parts = {}, {}
	for k in pairs(v) do
		keys[#keys + 1] = tostring(k)
	end
	table.sort(keys)
	for _, k in ipairs(keys) do
		parts[#parts + 1] = k .. "=" .. show(v[k] == nil and v[tonumber(k)] or v[k])
	end
	return "{" .. table.concat(parts, ",") .. "}"
end

-- is(name, got, wanted): compares as text
local function is(name, got, wanted)
	cases[#cases + 1] = { name = name, got = show(got), wanted = show(wanted) }
end

for at, wanted in pairs({
	["Windows/System32/config/SYSTEM"] = "nil", ["Windows/System32/config/RegBack/SYSTEM"] = "RegBack",
	["WINNT/repair/software"] = "RegBack", ["Users/repair/NTUSER.DAT"] = "nil",
	["Users/ann/config/RegBack/x"] = "nil", ["Windows.old/Windows/System32/config/SAM"] = "Windows.old",
	["windows.OLD.000/Users/ann/NTUSER.DAT"] = "Windows.old",
	["$WINDOWS.~Q/DATA/Windows/System32/config/RegBack/SAM"] = "Windows.old", ["Windows.oldie"] = "nil",
}) do
	is("origin of " .. at, registry.origin_of({ path = at }), wanted)
end
is("kind of a hive", registry.kind_of({ name = "UsrClass.dat" }) .. registry.kind_of({ name = "SAM" }), "usrclasssam")
is("artifacts of hives", handlers.wants(handlers.hives({ system = is, ntuser = is, bcd = is }, "old", "regback")), {
	"windows.hive.bcd", "windows.hive.ntuser", "windows.hive.system", "windows.old.hive.ntuser",
	"windows.old.hive.system", "windows.regback.hive.system" })

-- An entry made of bytes, as far as the libraries use one.
local function fake(data, name)
	return {
		name = name or "fake", size = #data, path = name or "fake",
		read = function(_, offset, n)
			return data:sub((offset or 0) + 1, n and (offset or 0) + n)
		end,
		sibling = function() end,
	}
end

-- autostart
is("autostart: commands parted by commas",
	autostart.commands('C:\\Windows\\system32\\userinit.exe, "C:\\a,b\\c.exe" /x,,'),
	{ "C:\\Windows\\system32\\userinit.exe", '"C:\\a,b\\c.exe" /x' })
is("autostart: names parted by blanks or commas", autostart.names('a.dll,b.dll  "C:\\c d\\e.dll", , f.dll'),
	{ "a.dll", "b.dll", "C:\\c d\\e.dll", "f.dll" })
is("autostart: a quote that does not end", autostart.names('a.dll "b c'), { "a.dll", "b c" })
is("autostart: nothing", autostart.names(' , ""'), {})

-- csv
is("csv: quotes, commas, empty fields", (csv.read('# c\na,b,c\n"x, ""y""",,z\r\n1,"2",\n')),
	{ { a = 'x, "y"', b = "", c = "z", line = 3 }, { a = "1", b = "2", c = "", line = 4 } })
is("csv: what is wrong with a row, and the rest", list { csv.read('a,b\n"x,1\n1,2\n1\n"1"2,3') }, {
	{ { a = "1", b = "2", line = 3 } }, { { line = 2, text = "a quote is not closed" },
		{ line = 4, text = "1 fields instead of 2" }, { line = 5, text = "a quote is not closed" } } })
is("csv: other marks", list { csv.fields('a;"b;c";', ";") }, { { "a", "b;c", "" } })

-- glob
for _, case in ipairs({ { "a/*.exe", "A/x.EXE" }, { "a/*.exe", "a/b/x.exe", false }, { "a/**/x", "a/x" },
	{ "a/**/x", "a/b/c/x" }, { "**/x", "x" }, { "**/x", "a/xx", false }, { "a/**", "a/b/c" }, { "a/**", "a", false },
	{ "{a,b{c,d}}/?", "bd/1" }, { "{a,b{c,d}}/?", "b/1", false }, { "[a-c]x[!0-9]", "bxz" },
	{ "[a-c]x[!0-9]", "bx1", false }, { "*a*b*c", "xaybbzc" }, { "*a*b*c", "xaybbzcd", false },
	{ "%profile%/x/*", "Users/ann/x/y" }, { "{%profile%/,Program Files/}x", "program files/x" },
	{ "%profile%/x", "Users/bob/x", false }, { "a.b", "axb", false }, { "a/x*/**/y/**/z", "a/x1/y/b/y/c/z" } }) do
	local e = { path = case[2], profile = case[2]:find("^Users/ann/") and "Users/ann" or nil }
	is("glob: " .. case[1] .. " and " .. case[2], assert(glob.compile(case[1]))(e), case[3] ~= false)
end
for _, bad in ipairs({ "", "a/{b", "a/[b", "a}", "x/%profile%y", "%profile%/{%profile%/a}", "a\\b", ("{a,b}"):rep(13) }) do
	is("glob: no glob: " .. bad, (glob.compile(bad)), nil)
end

-- json
is("json: values", json.decode(' {"a": [1, -2.5e1, true, null], "b": {"c": "\\u00e9\\n\\"/"}} '),
	{ a = { 1, -25.0, true, false }, b = { c = 'é\n"/' } })
is("json: byte order mark", json.decode('\xef\xbb\xbf[]'), {})
is("json: half of a pair", json.decode('["\\ud83d"]'), { "\u{fffd}" })
for _, bad in ipairs({ "", "{", '{"a"}', '{"a":}', '"\\u12"', '"\\uzzzz"', "[1,]", '"x', '"\\', "nul", "1 2", "{]" }) do
	is("json: refuses " .. bad, json.decode(bad), nil)
end
is("json: depth is bounded", json.decode(("["):rep(100) .. ("]"):rep(100)), nil)

-- xml
local function shape(element)
	local parts = { element.name }
	for name, value in pairs(element.attributes) do
		parts[#parts + 1] = name .. "=" .. value
	end
	for _, child in ipairs(element) do
		parts[#parts + 1] = "(" .. shape(child) .. ")"
	end
	return table.concat(parts, " ") .. (element.text ~= "" and ":" .. element.text or "")
end

local function xml_is(name, s, wanted, problem)
	local root, why = xml.parse(s)
	is("xml: " .. name, (root and shape(root) or "nothing") .. "; " .. tostring(why),
		wanted .. "; " .. tostring(problem))
end

xml_is("elements, attributes, text", '<?xml version="1.0"?>\n<!DOCTYPE a>\n<a x="1" n:y=\'"\'>t<b/>u<c >v</c></a>\n',
	'a x=1 y=" (b) (c:v):tu')
xml_is("prefixes", "<p:a><p:b></p:b></p:a>", "a (b)")
xml_is("entities", "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&xa;&#0;&#xd800;&#99999999999999999999;&;</a>",
	"a:<>&\"'AB&xa;&#0;&#xd800;&#99999999999999999999;&;")
xml_is("comments and CDATA", "<a><!-- <b> --><![CDATA[<&amp;]]></a>", "a:<&amp;")
xml_is("cut off", "<a><b>one</b><c>tw", "a (b:one) (c:tw)", "it ends inside of c")
xml_is("cut off in a tag", "<a><b>one</b><c x='1", "a (b:one)", "an attribute does not end, at offset 13")
xml_is("a foreign end tag", "<a><b></a>", "a (b)", "an end tag without its element, at offset 6")
xml_is("two at the top", "<a/><b/>", "a", "more than one element at the top, at offset 4")
xml_is("declarations of its own", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "nothing",
	"a DOCTYPE with declarations of its own, at offset 0")
xml_is("no XML", "MZ\0\1", "nothing", "no element")
xml_is("nothing", "", "nothing", "no element")
is("xml: depth is bounded", (select(2, xml.parse(("<a>"):rep(10000) .. ("</a>"):rep(10000)))),
	"more than 100 elements inside each other, at offset 300")
is("xml: elements are counted", (select(2, xml.parse("<a>" .. ("<b/>"):rep(100001)))),
	"more than 100000 elements, at offset 399999")
is("xml: text of a child", xml.text(xml.parse("<a><b><c> one two\n</c></b></a>"), "b", "c"), "one two")
is("xml: no such child", xml.text(nil, "b"), nil)

-- text, rc4, path
for url, wanted in pairs({ ["file:///C:/a%20b.dll"] = "C:\\a b.dll", ["FILE:///d|/x/y"] = "d:\\x\\y",
	["file://server/x"] = "nil", ["https://example.org/"] = "nil", ["file:///C:/100%"] = "C:\\100%" }) do
	is("path: the file of " .. url, tostring(path.from_url(url)), wanted)
end
is("rc4: published vector",
	bytes.hex(bytes.rc4("3jB(2bsG#@c7", "HARMLESS-FIXTURE")), "dd2087d43cb51a9469278b5cfa981328")
is("base64", text.unbase64("SGFybWxlc3M="), "Harmless")
is("base64: no such text", text.unbase64("a*b="), nil)
is("rot13", text.rot13("3PKQrfxgbcNcc.rkr"), "3CXDesktopApp.exe")
is("xor", text.xor("\0\x7a", 0x7a), "\x7a\0")
is("utf16", bytes.hex(text.utf16le("Az")), "41007a00")
is("entropy", text.entropy("aaaabbbb"), 1.0)
for name, s in pairs({ ["UTF-16"] = "\xff\xfea\0b\0", ["UTF-16, big endian"] = "\xfe\xff\0a\0b",
	["UTF-8"] = "\xef\xbb\xbfab", ["no mark"] = "ab", ["UTF-16 without a mark"] = "a\0b\0",
	["UTF-16, big endian, without a mark"] = "\0a\0b" }) do
	is("decode: " .. name, text.decode(s), "ab")
end
is("trim", text.trim(" \n a  b\t ") .. "|" .. text.trim("  ") .. "|" .. text.trim("c"), "a  b||c")
is("path: names", table.concat({ path.name("C:\\a/b.exe"), path.name("b"), path.name("a\\"), path.name("") }, "|"), "b.exe|b||")
is("path: of an address", path.from_url("file:///C|/a%20b/c.dll"), "C:\\a b\\c.dll")
is("path: of another address", path.from_url("https://example.org/C:/a"), nil)
is("base64: padding inside", text.unbase64("QQ==QQ=="), nil)
is("wmi: a reference", table.concat({ wmi.reference('\\\\.\\root\\subscription:X_y.Name = "A \\"b\\" c"') }, "|"),
	'x_y.a "b" c|A "b" c')
is("wmi: without a place", (wmi.reference('__EventFilter.name="f"')), "__eventfilter.f")
is("wmi: no reference", wmi.reference(("a"):rep(300000)), nil)
is("path: patterns are escaped", path.escape("a[1]{x}*?,\\"), "a\\[1\\]\\{x\\}\\*\\?\\,\\\\")

-- versions: the system decides
is("version: of a folder", cx.version("app-18.12.416"), "18.12.416")
is("version: with a fourth number", cx.version("18.12.407.0"), "18.12.407")
is("version: none", cx.version("app-latest"), nil)
for _, case in ipairs({
	{ "windows", "18.12.407", "bad" }, { "windows", "18.12.416", "bad" },
	{ "windows", "18.11.1213", "clean" }, { "windows", "18.12.402", "unlisted" },
	{ "windows", "18.12.425", "clean" }, { "macos", "18.11.1213", "bad" },
	{ "macos", "18.12.402", "bad" }, { "macos", "18.12.407", "bad" },
	{ "macos", "18.12.416", "bad" }, { "macos", "18.12.422", "clean" },
	{ "linux", "18.12.416", "unlisted" },
}) do
	is("version: " .. case[1] .. " " .. case[2], cx.version_class(case[1], case[2]), case[3])
end
is("package: of the app", cx.package_version("3CXDesktopApp-18.12.416-full.nupkg"), "18.12.416")
is("package: of another program", cx.package_version("Editor-18.12.416.msi"), nil)

-- network names
for _, case in ipairs({
	{ "https://msstorageazure.com/window", "msstorageazure.com" },
	{ "https://WWW.MSStorageAzure.com:443/", "msstorageazure.com" },
	{ "https://user:pw@a.b.pbxsources.com?x", "pbxsources.com" },
	{ "https://pbxsources.com./x", "pbxsources.com" },
	{ "https://notpbxsources.com/", nil },
	{ "https://pbxsources.com.example.org/", nil },
	{ "https://example.org/?u=https://pbxsources.com/", nil },
	{ "https://pbxsources.com@example.org/", nil },
	{ "pbxsources.com", nil },
	{ "https://raw.githubusercontent.com/IconStorages/images/main/icon3.ico",
		"https://raw.githubusercontent.com/IconStorages/images/main/icon" },
}) do
	local row = cx.url(case[1])
	is("network: " .. case[1], row and row.value, case[2])
end
is("network: the vendor's page", cx.url("https://www.3cx.com/blog/event-trainings/").class,
	"benign")
is("network: a host that others use, too", cx.url("https://raw.githubusercontent.com/x").class,
	"context")

-- digests: what each class of the list means
local DIGESTS = {
	{ "sha256", "7986bbaee8940da11ce089383521ab420c443ab7b15ed42aed91fd31ce833896", "high high" },
	{ "sha256", "dde03348075512796241389dfea5560c20a3d2a2eac95c894e7bbed5e85a0acc", "medium high" },
	{ "sha1", "bf939c9c261d27ee7bb92325cc588624fca75429", "high high" },
	{ "md5", "27b134af30f4a86f177db2f2555fe01d", "high high" },
}
for _, case in ipairs(DIGESTS) do
	local sign = cx.digest_sign({ [case[1]] = case[2] })
	is("digest: " .. case[2]:sub(1, 8), sign and sign.severity .. " " .. sign.confidence, case[3])
end
local seen = {}
for _, row in ipairs((csv.read(data("3cx/hashes.csv")))) do
	local name = ({ [64] = "sha256", [40] = "sha1", [32] = "md5" })[#row.digest]
	local sign = cx.digest_sign({ [name] = row.digest })
	local weight = sign and sign.severity .. " " .. sign.confidence or "none"
	is("digest: one weight for class " .. row.class .. ", " .. row.digest:sub(1, 8),
		seen[row.class] or weight, weight)
	seen[row.class] = weight
end
is("digest: weights of the classes", seen, { bad = "high high", benign = "none",
	doubtful = "none", generic = "low low", host = "medium high", memory = "high medium",
	related = "high medium", unlabelled = "medium medium" })

-- payloads out of nothing
local STORAGE = bytes.unhex("4a4a4a4a4a4a4a4a574a4a4a4a574e4a4a4a57424a4a4a57"
	.. "4a4a4a4a4a4a4a4a4a4a4a4b" .. ("7a"):rep(12) .. "7abe581e7a7a7a7a")
is("main_storage", (macos.main_storage({}, fake(STORAGE))),
	"00000000-0000-4000-8000-000000000001")
is("main_storage: its time", select(2, macos.main_storage({}, fake(STORAGE))), "2023-03-28T10:40:00Z")
-- the published one, of an analyst's run
local PUBLISHED = bytes.unhex("1c191e4f1f434e1b571b1b4c43574943491c574f491f4e574f1f4b4a4f4d1b4c4b4c1c4b"
	.. ("7a"):rep(12) .. "050cee1e7a7a7a7a")
local shown, until_when = macos.main_storage({}, fake(PUBLISHED))
is("main_storage: the published one", shown, "fcd5e94a-aa69-393f-53e4-5e1057a616f1")
is("main_storage: its time", until_when, "2023-06-22T16:27:43Z")
is("main_storage: cut", (macos.main_storage({}, fake(STORAGE:sub(1, 55)))), nil)
is("main_storage: noise", (macos.main_storage({}, fake(("\xa5"):rep(56)))), nil)
local hidden = {}
macos.dylib(hidden, "no program, but " .. text.xor("3cx_auth_id=", 0x7a) .. " in it")
is("dylib: texts of what is no program", #hidden .. " " .. hidden[1].sign, "1 library.dylib")
local harmless = {}
macos.dylib(harmless, "UpdateAgent %s/frame.png 3cx_auth_id= msstorageazure.com")
is("dylib: names in clear are none", #harmless, 0)
is("versions in a log", table.concat(macos.versions("3CXDesktopApp/18.12.416 x 3CX Desktop App 18.12.422 a 3CX v1.2.3"), " "),
	"18.12.416 18.12.422")
is("rc4: the key stream", bytes.hex(bytes.rc4("3jB(2bsG#@c7", ("\0"):rep(32))),
	"9561d59970f049c74461c204aecd416d0834aa0cc238a0e6089bf51f8995cab0")
is("rc4: a text", bytes.hex(bytes.rc4("3jB(2bsG#@c7", "HARMLESS-FIXTURE")), "dd2087d43cb51a9469278b5cfa981328")
is("rc4: and back", bytes.rc4("3jB(2bsG#@c7", bytes.unhex("dd2087d43cb51a9469278b5cfa981328")), "HARMLESS-FIXTURE")
local DECOY = "$KQAAAKg+dTjcD1DLped3aAe8CoOkwQWzha6sxQrtzFo3oPSeis4u0W+4sML2v0u+AMgvjGsHFffy4wmikaas64E"
	.. "HqK916lfil/ZtsxN3hBAZac9JzxGG2dtyPWMmSVxiWkg7HgVfpCU="
local TEST_ICON = "$IQAAANSNLhD/E2G7lKzx1UFiMRmkwQWzha6sxQrtzFo3oPSemM4h0Xm488K1v0S+HcgvjGEHFPfp40ein6ap64oH"
	.. "4K8z6lHijvZms1B3hBBRachJyRHn2Q=="
is("icon: the decoy", icons.look({}, fake("IEND\xae\x42\x60\x82" .. DECOY)), { length = 41, position = 9,
	url = "https://www.3cx.com/blog/event-trainings/", behind_png = true })
is("icon: the harmless one", icons.look({}, fake(TEST_ICON)).url, "https://example.invalid/icon-test")
is("icon: in the middle of other bytes", icons.find("wQWzha6sxQrtzFo3oPSe \0\1" .. TEST_ICON .. "\xd8A\r\x97").url,
	"https://example.invalid/icon-test")
is("icon: altered", icons.find((TEST_ICON:gsub("n2Q", "n3Q"))), { length = 33, position = 1, behind_png = false })
is("icon: cut", icons.find(TEST_ICON:sub(1, 71)), { length = 33, position = 1, behind_png = false })
is("icon: the constant alone", icons.find("$" .. ("A"):rep(27) .. "wQWzha6sxQrtzFo3oPSe"), nil)
is("icon: no trailer", icons.look({}, fake("IEND\xae\x42\x60\x82")), nil)
is("icon: other base64", icons.look({}, fake("$" .. ("QUJD"):rep(40))), nil)
is("container: the name of its function", string.format("%08x", container.ror13("DllGetClassObject")), "f558f4da")
local UPDATER = "2023-03-20 08:00:01> Program: Starting Squirrel Updater: --update https://pbx.example:5001"
	.. "/electron/update/win32/18.12.407\r\n[22/03/23 09:30:00] info: Download 3CXDesktopApp-18.12.416-full.nupkg\r\n"
	.. "2023-03-22 09:31:00> ApplyReleases: 3CXDesktopApp-18.12.416-full.nupkg\nother 18.12.999\n"
	.. "2023-04-01T10:00:00 3CX: uninstall of app-18.12.416\n"
is("updates: a log of the updater", updates.log(UPDATER), {
	{ kind = "update", version = "18.12.407", local_time = "2023-03-20T08:00:01",
		url = "https://pbx.example:5001/electron/update/win32/18.12.407" },
	{ kind = "update", version = "18.12.416", from = "18.12.407", local_time = "2023-03-22T09:30:00" },
	{ kind = "removed", version = "18.12.416", local_time = "2023-04-01T10:00:00" } })

-- A control set with a zone: minutes, and the changes as (month, week, weekday, hour).
local function zoned(bias, from, to, disabled)
	local function raw(change)
		return string.char(0, 0, change[1], 0, change[2], 0, change[4], 0, 0, 0, 0, 0, 0, 0, change[3], 0)
	end
	local values = { TimeZoneKeyName = "Test", Bias = bias & 0xffffffff, StandardBias = 0, DaylightBias = -60 & 0xffffffff,
		DynamicDaylightTimeDisabled = disabled }
	local key = { value = function(_, name)
		local change = name == "DaylightStart" and from or name == "StandardStart" and to or nil
		return change and { raw = raw(change) } or values[name] and { data = values[name], raw = "" }
	end }
	return zone.read({ key = function()
		return key
	end })
end
local BERLIN = zoned(-60, { 3, 5, 0, 2 }, { 10, 5, 0, 3 })
local SYDNEY = zoned(-600, { 10, 1, 0, 2 }, { 4, 1, 0, 3 })
local NEW_YORK = zoned(300, { 3, 2, 0, 2 }, { 11, 1, 0, 2 })
local KOLKATA = zoned(-330)
for _, case in ipairs({
	{ BERLIN, "2023-03-26T01:59:59", "2023-03-26T00:59:59Z" }, { BERLIN, "2023-03-26T02:30:00", nil },
	{ BERLIN, "2023-03-26T03:00:00", "2023-03-26T01:00:00Z" }, { BERLIN, "2023-10-29T01:59:59", "2023-10-28T23:59:59Z" },
	{ BERLIN, "2023-10-29T02:30:00", nil }, { BERLIN, "2023-10-29T03:00:00", "2023-10-29T02:00:00Z" },
	{ BERLIN, "2024-02-29T12:00:00.5", "2024-02-29T11:00:00Z" }, { BERLIN, "2023-01-01T00:30:00", "2022-12-31T23:30:00Z" },
	{ NEW_YORK, "2023-03-12T01:59:59", "2023-03-12T06:59:59Z" }, { NEW_YORK, "2023-03-29T20:00:00", "2023-03-30T00:00:00Z" },
	{ NEW_YORK, "2023-11-05T01:30:00", nil }, { NEW_YORK, "2023-11-05T02:00:00", "2023-11-05T07:00:00Z" },
	{ SYDNEY, "2023-04-02T01:59:59", "2023-04-01T14:59:59Z" }, { SYDNEY, "2023-04-02T02:30:00", nil },
	{ SYDNEY, "2023-04-02T03:00:00", "2023-04-01T17:00:00Z" }, { SYDNEY, "2023-10-01T03:00:00", "2023-09-30T16:00:00Z" },
	{ SYDNEY, "2023-12-31T12:00:00", "2023-12-31T01:00:00Z" }, { KOLKATA, "2023-07-01T05:00:00", "2023-06-30T23:30:00Z" },
	{ zoned(-60, { 3, 5, 0, 2 }, { 10, 5, 0, 3 }, 1), "2023-07-01T12:00:00", "2023-07-01T11:00:00Z" },
	{ zoned(-60, { 13, 5, 0, 2 }, { 10, 5, 0, 3 }), "2023-07-01T12:00:00", "2023-07-01T11:00:00Z" },
	{ BERLIN, "2023-13-01T00:00:00", nil }, { BERLIN, "noon", nil }, { BERLIN, nil, nil }, { nil, "2023-07-01T12:00:00", nil },
}) do
	is("zone: " .. tostring(case[2]), zone.utc(case[1], case[2]), case[3])
end
is("zone: without a bias", zoned(5000), nil)
is("updates: a log of another program", updates.log("2023-03-20 08:00:01> Update: Chat-1.2.3-full.nupkg app-1.2.3\n"), {})
is("container: text", container.describe("HARMLESS-FIXTURE: http://a.example/b").urls, { "http://a.example/b" })
for _, case in ipairs({ { "\0\0\0\0", nil }, { "1679000000", 1679000000 }, { "99999999", nil },
	{ ("\xff"):rep(8), nil }, { "", nil }, { " 1679000000\r\n", 1679000000 }, { "1e9", nil } }) do
	is("manifest: " .. bytes.hex(case[1]), (payload.manifest_time(case[1])), case[2])
end


-- The state file, with what it says and how sure that is: the two binary forms, decimal text, junk, and a large file.
local AT <const> = 1679000000 + 604800 + 90000
for _, case in ipairs({
	{ string.pack("<I8", AT), AT, "high high" }, { string.pack("<I4", AT), AT, "high high" },
	{ tostring(AT), AT, "high high" }, { tostring(AT) .. "\r\n", AT, "high high" }, { "\xa5junk\0", nil, "high medium" },
	{ ("\xa5"):rep(64), nil, "high medium" }, { "", nil, "high medium" }, { ("x"):rep(65), nil, "medium low" },
	{ string.pack("<I8", AT << 32), nil, "high medium" }, { string.pack("<I4", 1 << 31), nil, "high medium" },
}) do
	local signs = {}
	local value = payload.manifest(signs, fake(case[1], "manifest"))
	is("manifest: file " .. bytes.hex(case[1]):sub(1, 24), { value = value, said = #signs, sign = signs[1].sign,
		weight = signs[1].severity .. " " .. signs[1].confidence },
		{ value = case[2], said = 1, sign = "state.manifest", weight = case[3] })
end

-- A log of registry transactions: of a set of four, alone, named like the hardware profile, with wlbsctrl.dll.
local PROFILE <const> = "{8f0e7c52-3cf0-4a11-9d55-0123456789ab}"
local function txr(case)
	local e = fake(case.data or ("fixture "):rep(3840), (case.guid or PROFILE) .. ".TxR.0.regtrans-ms")
	e.sibling = function(_, name)
		return case.set and name:find(case.guid or PROFILE, 1, true) and {} or nil
	end
	local signs = {}
	payload.lone_txr(signs, e, case.profile, case.wlbsctrl or false)
	return #signs .. " " .. (signs[1] and signs[1].severity .. " " .. signs[1].confidence or "none")
end
for name, case in pairs({
	["of a set of four"] = { { set = true, profile = PROFILE, wlbsctrl = true }, "0 none" },
	["alone, named like the profile, with the library"] = { { profile = PROFILE, wlbsctrl = true }, "2 high high" },
	["alone, named like the profile"] = { { profile = PROFILE:upper() }, "1 medium medium" },
	["alone, of another name, with the library"] = { { guid = "{0}", profile = PROFILE, wlbsctrl = true }, "2 medium low" },
	["alone, of another name"] = { { guid = "{0}", profile = PROFILE }, "1 low low" },
	["alone, profile not known"] = { {}, "1 low low" },
	["alone, but large"] = { { profile = PROFILE, data = ("\0"):rep(200 * 1024), wlbsctrl = true }, "0 none" },
	["alone, but a genuine one by its text"] = { { profile = PROFILE, data = text.utf16le("REGISTRY") }, "0 none" },
}) do
	is("TxR: " .. name, txr(case[1]), case[2])
end


-- a former Windows
is("former: globs, without those that search", former.globs({ "%profile%/a/*", "{%profile%/b,Program Files}/c/**",
	"%profile%/d/**/e", "Windows/f" }), { "Windows.old*/Users/*/a/*", "Windows.old*/{Users/*/b,Program Files}/c/**",
	"Windows.old*/Windows/f" })
is("former: globs and theirs", former.also({ "a", "b" }), { "a", "b", "Windows.old*/a", "Windows.old*/b" })
is("former: a place", former.place({ path = "Windows.old.000/Users/x/y", profile = "Windows.old.000/Users/x" }),
	{ path = "Users/x/y", profile = "Users/x" })
local present = { path = "Users/x/y" }
is("former: a place of the present", former.place(present), present)
is("former: a name that only begins so", former.place({ path = "Windows/old/y" }), { path = "Windows/old/y" })

-- AppCompatCache: one value for each layout, with the paths C:\a and C:\b.exe.
local WHEN = bytes.unhex("003d29a01662d901")
local NAMES = { text.utf16le("C:\\a"), text.utf16le("C:\\b.exe") }

local function compat(name, data, wanted, problem)
	local list, why = appcompat.entries(data)
	local got = {}
	for _, e in ipairs(list) do
		got[#got + 1] = e.path .. " " .. tostring(e.modified) .. " " .. tostring(e.ran)
	end
	is("appcompat: " .. name, table.concat(got, "; ") .. (why and "! " .. why or ""), wanted .. (problem or ""))
end

local function compat_xp(count)
	local out = { string.pack("<I4I4I4", 0xdeadbeef, 96, count), ("\0"):rep(400 - 12) }
	for _, path in ipairs(NAMES) do
		out[#out + 1] = path .. ("\0"):rep(528 - #path) .. WHEN .. string.pack("<I8", 77) .. WHEN
	end
	return table.concat(out)
end

-- Windows 2003 to 7: entries, then the paths they point to.
local function compat_table(header, format, size, first)
	local out, paths, at = { header }, {}, #header + 2 * size
	for i, path in ipairs(NAMES) do
		out[#out + 1] = string.pack(format, #path, #path, at, WHEN, i == 1 and 2 or 0, first or 0)
		out[#out] = out[#out] .. ("\0"):rep(size - #out[#out])
		paths[i] = path
		at = at + #path
	end
	return table.concat(out) .. table.concat(paths)
end

local function compat_chain(header, signature, middle)
	local out = { header }
	for i, path in ipairs(NAMES) do
		local body = string.pack("<s2", path) .. middle(i) .. WHEN .. string.pack("<s4", "data")
		out[#out + 1] = signature .. string.pack("<I4s4", 0, body)
	end
	return table.concat(out)
end

local BOTH = "C:\\a 2023-03-29T08:15:30Z %s; C:\\b.exe 2023-03-29T08:15:30Z %s"
local PLAIN = BOTH:format("nil", "nil")
local FLAGS = BOTH:format("true", "false")
local W7 = string.pack("<I4I4", 0xbadc0fee, 2) .. ("\0"):rep(120)
local W8 = string.pack("<I4", 128) .. ("\0"):rep(124)
compat("XP", compat_xp(2), PLAIN)
compat("XP, cut off", compat_xp(3), PLAIN, "! cut off at entry 3")
compat("Vista, 32 bits", compat_table(string.pack("<I4I4", 0xbadc0ffe, 2), "<I2I2I4c8I4I4", 24)
	.. ("\0"):rep(100), PLAIN)
compat("Vista, 64 bits", compat_table(string.pack("<I4I4", 0xbadc0ffe, 2), "<I2I2xxxxI8c8I4I4", 32)
	.. ("\0"):rep(100), PLAIN)
compat("7, 32 bits", compat_table(W7, "<I2I2I4c8I4I4", 32), FLAGS)
compat("7, 64 bits", compat_table(W7, "<I2I2xxxxI8c8I4I4", 48), FLAGS)
compat("7, pointing outside", compat_table(W7, "<I2I2I4c8I4I4", 32):sub(1, -3),
	"C:\\a 2023-03-29T08:15:30Z true", "! entry 2 points outside")
compat("8", compat_chain(W8, "00ts", function(i)
	return string.pack("<I4I4", i == 1 and 2 or 0, 0)
end), FLAGS)
compat("8.1", compat_chain(W8, "10ts", function(i)
	return string.pack("<s2I4I4", "pkg", i == 1 and 2 or 0, 0)
end), FLAGS)
for _, header in ipairs({ 0x30, 0x34 }) do
	local start = string.pack("<I4", header) .. ("\0"):rep(header - 4)
	local data = compat_chain(start, "10ts", function() return "" end)
	compat("10, header of " .. header, data, PLAIN)
	compat("10, cut off", data:sub(1, -9), "C:\\a 2023-03-29T08:15:30Z nil", "! cut off at entry 2")
end
compat("noise", ("\xa5"):rep(200), "", "! its layout is not known")
compat("nothing", "", "", "! its layout is not known")

-- installed
is("installed: packed GUID", msi.packed("{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4}"),
	"08C5ED7732E1A1C47BC892FB0FABFA4B")
is("installed: and back", msi.unpacked("5fa081ce87859fd4085be2586a744200"),
	"{EC180AF5-5878-4DF9-80B5-2E85A6472400}")
for _, bad in ipairs({ "", "{}", "77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB4", "{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFB}",
	"{77DE5C8-01E23-4C1A-B78C-29BFF0BAAFB4}", "{77DE5C80-1E23-4C1A-B78C-29BFF0BAAFBX}" }) do
	is("installed: no GUID: " .. bad, msi.packed(bad), nil)
	is("installed: no packed GUID: " .. bad, msi.unpacked(bad), nil)
end
is("installed: day", day.iso("20240229"), "2024-02-29")
for _, bad in ipairs({ "", "20221301", "20220132", "20220400", "2022-04-01", "19700101", "202204011" }) do
	is("installed: no day: " .. bad, day.iso(bad), nil)
end
is("installed: packed version", msi.version(0x120c01a0), "18.12.416")
is("installed: no packed version", msi.version(1 << 40), nil)
is("installed: full name", installed.package_name("A.B_1.2.3.4_neutral_split.scale-100_8wekyb3d8bbwe"),
	{ name = "A.B", version = "1.2.3.4", architecture = "neutral", publisher_id = "8wekyb3d8bbwe" })
is("installed: no full name", installed.package_name("A.B_8wekyb3d8bbwe"), nil)

-- service
is("service: types", service.type_words(0x120), "shared process, interactive")
is("service: types of a user's service", service.type_words(0xe0), "shared process, of a user, instance")
is("service: no type that is known", service.type_words(0x1000), "0x1000")
is("service: a start that is not known", service.start_word(77), "77")
is("service: accounts", service.sid("nt authority\\networkservice"), "S-1-5-20")
is("service: an account of somebody", service.sid(".\\bob"), nil)
local function failures(...)
	local out, why = service.failure_actions(string.pack("<I4I4I4I4I4", ...))
	return out and show(out.actions) .. tostring(out.reset) .. tostring(why) or why
end
is("service: no actions", failures(60, 0, 0, 0, 0), "{}60nil")
is("service: failures are never forgotten", failures(0xffffffff, 0, 0, 0, 0), "{}nilnil")
is("service: actions that are not there", failures(1, 0, 0, 2, 20), "{}12 actions announced, 0 there")
is("service: bytes that are too few", select(2, service.failure_actions("short")), "shorter than its header")
is("service: more actions than Windows writes",
	select(2, service.failure_actions(string.pack("<I4I4I4I4I4", 1, 0, 0, 100, 20) .. ("\0"):rep(800))),
	"100 actions announced")

return {
	api = 1,
	name = "lib-tests",
	summary = "Tests of the Lua libraries",
	wants = { "*" },
	run = function(ctx)
		for number, case in ipairs(cases) do
			ctx:record("case", { number = number, name = case.name, got = case.got,
				wanted = case.wanted, good = case.got == case.wanted })
		end
	end,
}
