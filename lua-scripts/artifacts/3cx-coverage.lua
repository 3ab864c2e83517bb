-- What shows that a volume has a system, of which 3cx-coverage counts the traces; and programs of the vendor
-- that were never part of the compromise.
local CHROMIUM = "{Google/Chrome,Microsoft/Edge,BraveSoftware/Brave-Browser}"

return {
	{ name = "3cx.other.webclient", os = "windows", doc = "The web client as an app of a browser",
		globs = { "%profile%/AppData/Local/" .. CHROMIUM .. "/User Data/*/Web Applications/_crx_*/3CX*.{ico,lnk}" } },
	{ name = "3cx.other.macos.webclient", os = "macos", doc = "The web client as an app of a browser",
		globs = { "Users/*/Applications/{Chrome,Edge,Brave Browser} Apps*/3CX*.app" } },
	{ name = "3cx.other.3cxphone", os = "windows", doc = "3CXPhone, the older program",
		globs = { "ProgramData/3CXPhone for Windows/PhoneApp/3CXWin8Phone.exe" } },
	{ name = "3cx.other.msix", os = "windows", doc = "The app of 2024, out of the store",
		globs = { "Program Files/WindowsApps/3CXDMCC.3CX_*", "%profile%/AppData/Local/Packages/3CXDMCC.3CX_*" } },
	{ name = "3cx.coverage.windows", os = "windows", doc = "The folder of Windows' own programs",
		globs = { "Windows/System32" } },
	{ name = "3cx.coverage.macos", os = "macos", doc = "The version of macOS",
		globs = { "System/Library/CoreServices/SystemVersion.plist" } },
	{ name = "3cx.coverage.server", os = "linux", doc = "The data of a 3CX server", globs = { "var/lib/3cxpbx" } },
}
