-- Named places of Linux. Terms as in the ForensicArtifacts definitions.

local function files(name, doc, ...)
	return { name = "linux." .. name, os = "linux", doc = doc, globs = { ... } }
end

return {
	files("release", "Name and version of the distribution",
		"etc/os-release", "usr/lib/os-release", "etc/*-release", "etc/debian_version"),
	files("accounts", "Accounts and groups", "etc/{passwd,group,shadow,sudoers}", "etc/sudoers.d/*"),
	files("cron", "Jobs started by time", "etc/crontab", "etc/cron.*/*", "var/spool/cron/**"),
	files("systemd.units", "Services started by systemd",
		"etc/systemd/{system,user}/**", "home/*/.config/systemd/user/**"),
	files("autostart", "Programs started with the desktop",
		"etc/xdg/autostart/*.desktop", "home/*/.config/autostart/*.desktop"),
	files("shell.history", "Commands typed into a shell", "{home/*,root}/.{bash,zsh,sh}_history"),
	files("shell.startup", "Scripts that each shell runs",
		"etc/profile", "etc/profile.d/*", "etc/bash.bashrc",
		"{home/*,root}/.{bashrc,bash_profile,profile,zshrc}"),
	files("ssh", "Keys and known hosts", "{home/*,root}/.ssh/*", "etc/ssh/sshd_config"),
	files("logs.system", "System logs",
		"var/log/{syslog,messages,auth.log,secure,kern.log,dpkg.log,apt/history.log}*"),
	files("logs.login", "Logins", "var/log/{wtmp,btmp,lastlog}*", "run/utmp"),
	files("journal", "Journal of systemd", "var/log/journal/*/*.journal"),
}
