-- Tests of the readers of indicators, run as a plugin: one record for each case.
local forms = require("ioc-forms")
local ioc = require("ioc")
local json = require("json")
local stix = require("ioc-stix")

local cases = {}

local function show(v)
	if type(v) ~= "table" then
		return tostring(v)
	end
	local parts = {}
	for k, one in pairs(v) do
		parts[#parts + 1] = (type(k) == "number" and "" or k .. "=") .. show(one)
	end
	return "{" .. table.concat(parts, ",") .. "}"
end

local function is(name, got, wanted)
	cases[#cases + 1] = { name = name, got = show(got), wanted = show(wanted) }
end

-- A file as given() has it.
local function file(name, text)
	return { name = name, size = #text, text = text, lines = function()
		local at, number = 1, 0
		return function()
			if at > #text then
				return nil
			end
			local stop = text:find("\n", at, true) or #text + 1
			local line = text:sub(at, stop - 1):gsub("\r$", "")
			at, number = stop + 1, number + 1
			return line, number
		end
	end }
end

-- "type value source[ +kind value…]" of each indicator; what is told.
local function load(text, name)
	local set = ioc.load({ file(name or "f", text) })
	local out = {}
	for i, one in ipairs(set.list) do
		out[i] = one.type .. " " .. one.value .. " " .. one.source
		for _, part in ipairs(one.also or {}) do
			out[i] = out[i] .. " +" .. part[1] .. " " .. part[2]
		end
		if one.value_name or one.data then
			out[i] = out[i] .. " :" .. (one.value_name or "") .. "=" .. (one.data or "")
		end
	end
	return out, ioc.told(set.files[1]), set
end

local function both(text)
	local got, told = load(text)
	return { got, told }
end

local MD5, SHA1 = ("ab"):rep(16), ("cd"):rep(20)
local SHA256 = ("0123456789abcdef"):rep(4)

-- forms
for text, wanted in pairs({
	[MD5] = "file-hash", [SHA256:upper()] = "file-hash", [("a"):rep(33)] = "nil", ["evil.exe"] = "file-name",
	["my report.pdf"] = "file-name", ["evil.example.com"] = "domain", ["xn--evil-abc.example"] = "domain",
	["C:\\Windows\\x.dll"] = "path", ["%APPDATA%\\x.dll"] = "path", ["/tmp/x"] = "path", ["x\\y.exe"] = "path",
	["HKLM\\Software\\X"] = "registry-key", ["HKEY_CURRENT_USER\\X"] = "registry-key", ["http://a.example/x"] = "url",
	["a.example/x?y"] = "url", ["a.example:8080/x"] = "url", ["1.2.3.4"] = "ip", ["1.2.3.400"] = "nil",
	["10.0.0.0/8"] = "ip", ["2001:db8::1"] = "ip", ["word"] = "nil", ["a.b"] = "nil", ["12:34"] = "nil",
}) do
	is("form of " .. text, forms.guess(text), wanted)
end
for text, wanted in pairs({ ["hxxps://evil[.]example/x"] = "https://evil.example/x", ["a(.)b[.]com"] = "a.b.com",
	["evil[dot]com"] = "evil.com", ["hXXp[:]//x"] = "http://x", ["fxp://x"] = "ftp://x", ["a@b"] = "a@b" }) do
	is("refanged: " .. text, forms.refang(text), wanted)
end
for text, wanted in pairs({
	["C:\\Windows\\*.dll"] = "Windows/*.dll", ["%APPDATA%\\a\\b.exe"] = "%profile%/AppData/Roaming/a/b.exe",
	["C:\\Users\\*\\x"] = "%profile%/x", ["/Users/*/x"] = "Users/*/x", ["%windir%\\x[1].exe"] = "Windows/x?1?.exe",
	["temp\\x.exe"] = "**/temp/x.exe", ["%NOSUCH%\\x"] = "nil", ["C:\\*"] = "nil", ["~/x"] = "{%profile%,home/*,root}/x",
	["%ProgramFiles%\\x"] = "{Program Files,Program Files (x86)}/x", ["c:\\a\\"] = "a", ["%SystemDrive%\\a"] = "a",
	["C:\\a,b\\,\\{c}"] = "a?b/?/?c?", ["x\\%profile%\\y"] = "**/x/?profile?/y", ["CSIDL_SYSTEM\\x.dll"] = "Windows/System32/x.dll",
}) do
	is("glob of " .. text, forms.glob(text), wanted)
end
for text, wanted in pairs({ ["HKLM\\Software\\X\\"] = "HKEY_LOCAL_MACHINE\\Software\\X", ["x\\y"] = "nil",
	["\\REGISTRY\\MACHINE\\System\\Y"] = "HKEY_LOCAL_MACHINE\\System\\Y", ["HKCU:\\A"] = "HKEY_CURRENT_USER\\A" }) do
	is("key " .. text, forms.registry(text), wanted)
end

-- lists
local got, told = load(table.concat({ "# comment", "", SHA256:upper() .. "  name.exe", "hxxp://evil[.]example/a # from x",
	"evil[.]example", "x.dll;a note", "C:\\Temp\\x.exe", "10.1.2.3", "HKCU\\Software\\Evil", "evil.example" }, "\r\n"))
is("list: each form", got, { "file-hash " .. SHA256 .. " f:3", "url http://evil.example/a f:4", "domain evil.example f:5",
	"file-name x.dll f:6", "path C:\\Temp\\x.exe f:7", "ip 10.1.2.3 f:8", "registry-key HKEY_CURRENT_USER\\Software\\Evil f:9" })
is("list: nothing to tell", told, {})
local lines = {}
for i = 1, 40 do
	lines[i] = "host" .. i .. ".example"
end
lines[30] = "hst30 exmple"
got, told = load(table.concat(lines, "\n"), "bad.txt")
is("list: a mistake in line 30 is told, the rest is loaded", { #got, told }, { 39,
	{ "line 30: 'hst30 exmple' has the form of no indicator; the line is left out" } })
got, told = load("type,value,description,severity,verdict\nmd5," .. MD5 .. ',"a, b",high,\nssdeep,x,,,\nsha1,123,,,\n'
	.. "domain,a.example,,,benign\nfile path,C:\\x\\y,,low,malicious\nip-dst,1.2.3.4,,\n")
is("CSV with types", got, { "file-hash " .. MD5 .. " f:2", "path C:\\x\\y f:6" })
is("CSV: what is told", told, { "line 4: file-hash '123': no MD5, SHA-1 or SHA-256; the line is left out",
	"line 7: 4 fields instead of 5; the line is left out", "1 of type 'ssdeep', which is not looked for" })
got = load("SHA256;MD5;FileName\n" .. SHA256 .. ";" .. MD5 .. ";a.exe\n")
is("CSV whose columns are types", got, { "file-hash " .. SHA256 .. " f:2", "file-hash " .. MD5 .. " f:2", "file-name a.exe f:2" })
is("the digest of nothing", both("d41d8cd98f00b204e9800998ecf8427e\n"), { {}, {
	"line 1: file-hash 'd41d8cd98f00b204e9800998ecf8427e': the digest of an empty file; the line is left out" } })
is("an empty file", both("")[2], { "no indicators" })
is("a list of digests goes to the module", #select(3, load((SHA256 .. "  a\n"):rep(20000))).digests, 1)
is("a small one does not", #select(3, load((SHA256 .. "  a\n"):rep(20))).digests, 0)
is("binary noise", #both("\0\1\2\xff\xfe\n\0")[2], 2)

-- MISP
local function attribute(kind, value, more)
	return string.format('{"type":"%s","value":"%s","uuid":"u-%s"%s}', kind, value, kind, more or "")
end
local EVENT = '{"Event":{"info":"An event","threat_level_id":"1","Attribute":[' .. table.concat({
	attribute("sha256", SHA256), attribute("filename|md5", "a.exe|" .. MD5), attribute("domain|ip", "a.example|1.2.3.4"),
	attribute("regkey|value", "HKLM\\\\Software\\\\X|calc.exe"), attribute("ssdeep", "3:x"), attribute("url", "http://b.example/"),
	attribute("sha1", SHA1, ',"to_ids":false'), attribute("hostname", "c.example", ',"deleted":true'),
	attribute("md5", "nonsense"), attribute("ip-dst|port", "5.6.7.8|443") }, ",\n") .. '],"Object":[{"name":"file","Attribute":['
	.. attribute("sha1", SHA1, ',"to_ids":true') .. "," .. attribute("size-in-bytes", "1234") .. "]}]}}"
local WANTED = { "file-hash " .. SHA256 .. " f:u-sha256", "file-hash " .. MD5 .. " f:u-filename|md5",
	"domain a.example f:u-domain|ip", "ip 1.2.3.4 f:u-domain|ip",
	"registry-value HKEY_LOCAL_MACHINE\\Software\\X f:u-regkey|value :=calc.exe", "url http://b.example/ f:u-url",
	"ip 5.6.7.8 f:u-ip-dst|port", "file-hash " .. SHA1 .. " f:u-sha1" }
local set
got, told, set = load(EVENT)
is("MISP: an event", got, WANTED)
is("MISP: what is told", told, { "u-md5: file-hash 'nonsense': no MD5, SHA-1 or SHA-256",
	"1 of type 'ssdeep', which is not looked for" })
is("MISP: severity, name, size", { set.list[1].severity, set.list[1].name, set.list[8].size }, { "high", "An event", 1234 })
is("MISP: not for detection", set.files[1].passes, { ["attributes of MISP that are deleted or not for detection"] = 2 })
is("MISP: in response", (load('{"response":[' .. EVENT .. "," .. EVENT .. "]}")), WANTED)
is("MISP: a list", (load("[" .. EVENT .. "]")), WANTED)
is("MISP: the event alone", (load((EVENT:match('^{"Event":(.*)}$')))), WANTED)
got, told = load((EVENT:gsub('"value":"http', '"value"!"http')))
is("MISP: broken in line 6, what comes before counts", got, { WANTED[1], WANTED[2], WANTED[3], WANTED[4], WANTED[5] })
is("MISP: and the line is told", told[1]:match("^line 6: JSON"), "line 6: JSON")

-- STIX
local function bundle(...)
	local out = {}
	for i, pattern in ipairs({ ... }) do
		out[i] = string.format('{"type":"indicator","id":"i%d","name":"n%d","pattern_type":"stix","confidence":90,"pattern":"%s"}',
			i, i, (pattern:gsub('[\\"]', "\\%0")))
	end
	return '{"type":"bundle","id":"b","objects":[' .. table.concat(out, ",") .. "]}"
end
got, told = load(bundle("[file:hashes.'SHA-256' = '" .. SHA256 .. "']", "[file:name = 'a b.exe' AND file:hashes.MD5='" .. MD5 .. "']",
	"[domain-name:value = 'x.example' OR url:value = 'http://y.example/z']", "[file:name LIKE 'ev_l%.exe']",
	"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\X' AND windows-registry-key:values[*].name = 'v']",
	"[directory:path = 'C:\\\\Temp\\\\d']", "[ipv4-addr:value IN ('1.2.3.4', '5.6.7.8')] WITHIN 5 SECONDS",
	"([domain-name:value='a.example'] OR [domain-name:value='b.example'])"))
is("STIX: patterns", got, { "file-hash " .. SHA256 .. " f:i1", "file-hash " .. MD5 .. " f:i2 +file-name a b.exe",
	"domain x.example f:i3", "url http://y.example/z f:i3", "file-name ev?l*.exe f:i4",
	"registry-value HKEY_LOCAL_MACHINE\\Software\\X f:i5 :v=", "path C:\\Temp\\d f:i6", "ip 1.2.3.4 f:i7", "ip 5.6.7.8 f:i7",
	"domain a.example f:i8", "domain b.example f:i8" })
is("STIX: nothing to tell", told, {})
got, told = load(bundle("[process:name = 'x']", "[file:hashes.'SHA-512' = 'x']", "[domain-name:value = 'a.example'] AND [url:value = 'http://x/']",
	"[file:name != 'x.exe']", "[file:name MATCHES 'x.*']", "[domain-name:value = 'a.example' AND ipv4-addr:value = '1.2.3.4']", "[file:name = 'x.exe'", "nonsense"))
is("STIX: what nobody looks for", got, {})
is("STIX: is told", told, { "i7: a pattern that is not understood", "i8: a pattern that is not understood",
	"1 of type 'a combination of domain and ip', which is not looked for",
	"1 of type 'a combination with observations that belong together', which is not looked for",
	"1 of type 'file:hashes.'SHA-512'', which is not looked for", "1 of type 'file:name !=', which is not looked for",
	"1 of type 'file:name MATCHES', which is not looked for", "1 of type 'process:name', which is not looked for" })
is("STIX: too many alternatives", stix.pattern("[" .. ("(file:name='a' OR file:name='b') AND "):rep(12) .. "file:name='c']"), nil)
is("STIX: nested too deep", stix.pattern("[" .. ("("):rep(100) .. "file:name='a'" .. (")"):rep(100) .. "]"), nil)
is("STIX: observables, revoked ones, others", (load('{"type":"bundle","objects":[{"type":"file","id":"f1","name":"a.exe","hashes":{"MD5":"'
	.. MD5 .. '"}},{"type":"url","id":"u1","value":"http://a.example/"},{"type":"indicator","id":"r","revoked":true,"pattern":"x"},'
	.. '{"type":"malware","id":"m"},7,{"type":"domain-name","id":"d","value":"d.example"},{"type":"file","id":"f2","name":"b.exe"}]}')),
	{ "file-hash " .. MD5 .. " f:f1", "url http://a.example/ f:u1", "domain d.example f:d", "file-name b.exe f:f2" })

-- OpenIOC
local function item(search, content, more)
	return string.format('<IndicatorItem id="%s" condition="is"%s><Context document="x" search="%s" type="mir"/>'
		.. '<Content type="string">%s</Content></IndicatorItem>', search:match("[^/]*$"), more or "", search, content)
end
local TREE = '<Indicator operator="OR" id="top">' .. item("FileItem/Md5sum", MD5) .. item("FileItem/FileName", "a.exe")
	.. '<Indicator operator="AND" id="and">' .. item("FileItem/FileName", "b.exe") .. item("FileItem/SizeInBytes", "77")
	.. "</Indicator>" .. item("RegistryItem/Path", "HKEY_LOCAL_MACHINE\\Software\\X") .. item("DnsEntryItem/Host", "a.example")
	.. item("UrlHistoryItem/URL", "http://b.example/") .. item("ProcessItem/name", "p.exe")
	.. item("FileItem/FullPath", "\\Temp\\x.exe"):gsub('"is"', '"contains"') .. item("FileItem/Sha1sum", SHA1, ' negate="true"')
	.. '<Indicator operator="AND" id="reg">' .. item("RegistryItem/KeyPath", "Software\\Y") .. item("RegistryItem/ValueName", "v")
	.. item("RegistryItem/Text", "evil.exe") .. "</Indicator></Indicator>"
WANTED = { "file-hash " .. MD5 .. " f:Md5sum", "file-name a.exe f:FileName", "file-name b.exe f:and +size 77",
	"registry-key HKEY_LOCAL_MACHINE\\Software\\X f:Path", "domain a.example f:Host", "url http://b.example/ f:URL",
	"path *\\Temp\\x.exe* f:FullPath", "registry-value Software\\Y f:reg :v=evil.exe" }
local function openioc(body)
	return '<?xml version="1.0" encoding="utf-8"?>\n<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="x">\n<short_description>'
		.. "d</short_description><definition>" .. body .. "</definition></ioc>"
end
got, told = load(openioc(TREE))
is("OpenIOC 1.0", got, WANTED)
is("OpenIOC: what is told", told, { "1 of type 'FileItem/Sha1sum (negated)', which is not looked for",
	"1 of type 'ProcessItem/name', which is not looked for" })
is("OpenIOC 1.1", (load('<OpenIOC id="x"><metadata/><criteria>' .. TREE .. "</criteria><parameters/></OpenIOC>")), WANTED)
got, told = load(openioc(TREE):sub(1, 900))
is("OpenIOC: cut, what comes before counts", { got[1], told[1]:match("^XML: ") }, { WANTED[1], "XML: " })
is("OpenIOC: other XML", both("<html/>")[2], { "XML that is no OpenIOC: the first element is html" })
is("OpenIOC: deep", #both(openioc(('<Indicator operator="AND">'):rep(60) .. ("</Indicator>"):rep(60)))[2] > 0, true)

-- JSON
is("JSON: other", both('{"a": 1}')[2], { "JSON that is neither of MISP nor of STIX" })
is("JSON: what is read before a mistake", list { json.read('{"a":[1,{"b":2}],\n"c":}') }, { { a = { 1, { b = 2 } } }, "value expected", 2 })

return {
	api = 1,
	name = "ioc-tests",
	summary = "Tests of the readers of indicators",
	wants = { "*" },
	run = function(ctx)
		for i, case in ipairs(cases) do
			case.number, case.good = i, case.got == case.wanted
			ctx:record("case", case)
		end
		cases = {}
	end,
}
