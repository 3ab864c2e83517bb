-- RC4, for the first bytes of blobs whose key is published.
local rc4 = {}

local function schedule(key)
	local s, j = {}, 0
	for i = 0, 255 do
		s[i] = i
	end
	for i = 0, 255 do
		j = (j + s[i] + key:byte(i % #key + 1)) & 0xff
		s[i], s[j] = s[j], s[i]
	end
	return s
end

-- Decrypts (or encrypts) `text`; the caller keeps it short.
function rc4.crypt(key, text)
	local s, i, j, out = schedule(key), 0, 0, {}
	for n = 1, #text do
		i = (i + 1) & 0xff
		j = (j + s[i]) & 0xff
		s[i], s[j] = s[j], s[i]
		out[n] = string.char(text:byte(n) ~ s[(s[i] + s[j]) & 0xff])
	end
	return table.concat(out)
end

return rc4
