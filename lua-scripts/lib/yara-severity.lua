-- How much a rule matters, by what its author says of it.
local rate = {}

local WORDS = { info = "info", informational = "info", low = "low", medium = "medium", moderate = "medium",
	high = "high", critical = "high", severe = "high" }

-- Scores as THOR and LOKI have them: 40 is a notice, 60 a warning, 75 an alert.
local function of_score(n)
	return n >= 75 and "high" or n >= 60 and "medium" or n >= 40 and "low" or "info"
end

-- Meta `severity` (a word, or a number up to 10) or `score` (up to 100); "medium" without.
function rate.severity(meta)
	local said, score = meta.severity, tonumber(meta.score)
	if type(said) == "string" and WORDS[said:lower()] then
		return WORDS[said:lower()]
	end
	said = tonumber(said)
	if said then
		return of_score(said <= 10 and said * 10 or said)
	end
	return score and of_score(score) or "medium"
end

return rate
