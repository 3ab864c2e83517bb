-- Named places of macOS. Terms as in the ForensicArtifacts definitions.

local function files(name, doc, ...)
	return { name = "macos." .. name, os = "macos", doc = doc, globs = { ... } }
end

return {
	files("system.version", "Version of the system",
		"System/Library/CoreServices/SystemVersion.plist"),
	files("launchd", "Agents and daemons started by launchd",
		"Library/LaunchAgents/*.plist", "Library/LaunchDaemons/*.plist",
		"System/Library/LaunchAgents/*.plist", "System/Library/LaunchDaemons/*.plist",
		"Users/*/Library/LaunchAgents/*.plist"),
	files("receipts", "Records of installed packages", "private/var/db/receipts/*"),
	files("quarantine.events", "Where downloaded files came from",
		"Users/*/Library/Preferences/com.apple.LaunchServices.QuarantineEvents{,V2}{,-wal,-shm}"),
	{ name = "macos.quarantine", os = "macos", as = "database", doc = "Where downloaded files came from",
		globs = { "Users/*/Library/Preferences/com.apple.LaunchServices.QuarantineEvents{,V2}" } },
	files("install.history", "Installed software", "Library/Receipts/InstallHistory.plist"),
	files("shell.history", "Commands typed into a shell", "Users/*/.{bash,zsh,sh}_history",
		"private/var/root/.{bash,zsh,sh}_history"),
	files("logs.system", "System logs", "private/var/log/*.log"),
	files("knowledge", "Use of programs",
		"private/var/db/CoreDuet/Knowledge/knowledgeC.db{,-wal,-shm}",
		"Users/*/Library/Application Support/Knowledge/knowledgeC.db{,-wal,-shm}"),
}
