-- Paths inside a volume: '/' separated, no leading '/'.
local path = {}

-- The text as a pattern that matches only itself.
function path.escape(text)
	return (text:gsub("[%*%?%[%]{},\\]", "\\%0"))
end

-- Is there such an entry beside `e` (inside it, when `e` is a folder)?
function path.has(e, name)
	return e:sibling(name) ~= nil
end

return path
