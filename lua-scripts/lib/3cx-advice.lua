-- What to do next in the 3CX case, by step of the ladder: the advice of the vendor and of those who looked into
-- it, in own words, with its source. `facts` are those of the machine that make it concrete.
local M = {}

local VENDOR = "3CX alert, March 2023"
local CISA = "CISA AR23-110A"
local MANDIANT = "Mandiant for 3CX"
local FORENSICS = "NIST SP 800-86"
local MSRC = "MSRC, CVE-2013-3900"
local HUNT = "Volexity"

-- Texts are short: each has two lines of the screen.
local function names_in_logs(facts)
	if facts.machine_guid then
		return { "Search proxy and DNS logs for the names of the case and for cookie __tutma=" .. facts.machine_guid, HUNT }
	end
	return { "Search proxy and DNS logs for the names of the case from " .. (facts.since or "March 2023") .. " on", HUNT }
end

local function replace_app()
	return { "Uninstall the desktop app for all users; use the web client (PWA), or 18.12.425 or later", VENDOR }
end

local function preserve()
	return { "Isolate it and leave it on; keep memory, then the disk, before anything is removed", FORENSICS }
end

local function padding(facts)
	if facts.system ~= "windows" or facts.padding_check == "1" then
		return nil
	end
	return { "Set EnableCertPaddingCheck to 1: Windows then refuses the altered d3dcompiler_47.dll", MSRC }
end

local function history()
	return { "Tell users that URLs and titles of their browsers may be taken; of passwords and cookies there is no "
		.. "evidence", CISA }
end

local function keep_image()
	return { "Keep this image: updates and antivirus programs remove the files", FORENSICS }
end

local function responders()
	return { "Call incident response; treat accounts used here as known, hunt the same files elsewhere", MANDIANT }
end

local function rebuild()
	return { "Then build the machine anew: removing the app leaves what followed", MANDIANT }
end

local function open_volumes(facts)
	return facts.shut and { "Unlock the volumes that stayed shut and run again", "this run" } or nil
end

local function server_builds()
	return { "Keep copies, then delete the cached bad builds and update the server", VENDOR }
end

local function server_clients()
	return { "List the clients that this server has updated and triage each: they are exposed", VENDOR }
end

local STEPS = {
	absent = { open_volumes },
	exposed = { replace_app, names_in_logs, padding, open_volumes },
	dormant = { keep_image, replace_app, names_in_logs, padding, open_volumes },
	active = { preserve, names_in_logs, history, replace_app, padding },
	["second stage"] = { preserve, responders, names_in_logs, rebuild },
	server = { server_builds, server_clients, names_in_logs },
}

-- A list of { text, source }. `facts`: { system, machine_guid, padding_check, since, shut, server }.
function M.of(step, facts)
	local out = {}
	for _, make in ipairs(STEPS[facts.server and step == "exposed" and "server" or step]) do
		local row = make(facts)
		if row then
			out[#out + 1] = { text = row[1], source = row[2] }
		end
	end
	return out
end

return M
