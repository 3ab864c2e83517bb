-- Paths inside a volume: '/' separated, no leading '/'.
local path = {}

-- The text as a pattern that matches only itself.
function path.escape(text)
	return (text:gsub("[%*%?%[%]{},\\]", "\\%0"))
end

-- The last part of a path of Windows, "b.exe" of "C:\\a\\b.exe"; "" behind a stroke. In one pass.
function path.name(text)
	return text:sub(text:match("^.*[\\/]()") or 1)
end

-- Is there such an entry beside `e` (inside it, when `e` is a folder)?
function path.has(e, name)
	return e:sibling(name) ~= nil
end

-- "C:\\a b.dll" of "file:///C:/a%20b.dll"; nil for what is no address of a local file.
function path.from_url(url)
	local rest = url:match("^[Ff][Ii][Ll][Ee]:///?(%a[:|].*)$")
	rest = rest and rest:gsub("%%(%x%x)", function(digits)
		return string.char(tonumber(digits, 16))
	end)
	return rest and rest:gsub("^(.)|", "%1:"):gsub("/", "\\") or nil
end

return path
