-- What an examiner of the 3CX case wants first; nothing is parsed.
local LOGS = "Windows/System32/winevt/Logs/"

return {
	api = 1,
	name = "few",
	summary = "About 100 artifacts: hives, histories, the 3CX app, six event logs",
	wants = {
		"Windows/System32/config/{SAM,SECURITY,SOFTWARE,SYSTEM}",
		"Windows/System32/config/{SAM,SECURITY,SOFTWARE,SYSTEM}.LOG{1,2}",
		"Windows/appcompat/Programs/Amcache.hve*",
		"Users/*/NTUSER.DAT*",
		"Users/*/AppData/Local/Microsoft/Windows/UsrClass.dat*",
		"Users/*/AppData/Local/*/*/User Data/*/{History,History-wal,Cookies,Login Data}",
		"Users/*/AppData/Roaming/Mozilla/Firefox/Profiles/*/{places,cookies}.sqlite*",
		"Users/*/AppData/Local/Programs/3CXDesktopApp/**/{3CXDesktopApp.exe,ffmpeg.dll}",
		"Users/*/AppData/Local/Programs/3CXDesktopApp/**/{d3dcompiler_47.dll,manifest,RELEASES}",
		"Users/*/AppData/Roaming/3CXDesktopApp/config.json",
		"Windows/System32/wlbsctrl.dll",
		"Windows/Prefetch/3CX*.pf",
		LOGS .. "{Security,System,Application,Windows PowerShell}.evtx",
		LOGS .. "Microsoft-Windows-{Sysmon,PowerShell}%4Operational.evtx",
	},
	run = function(ctx, item)
		if item.type == "file" then
			ctx:collect(item, "few")
		end
	end,
}
