-- Programs, scripts and libraries in places that users can write to and in folders of programs;
-- not those of the system itself. `%profile%` stands for the folders of users.
local WINDOWS = "exe,dll,sys,scr,com,cpl,ocx,xll,node,msi,msp,jar,ps1,psm1,bat,cmd,vbs,vbe,js,jse,wsf,hta,sct,lnk,"
	.. "py,php,asp,aspx,ashx,jsp"
local MACOS = "dylib,so,node,jar,pkg,sh,command,py,pl,rb,js,scpt,plist"
local LINUX = "so,node,jar,sh,py,pl,rb,php,js,jsp,elf,AppImage,desktop,service"

local function artifact(os, endings, folders, globs)
	for _, folder in ipairs(folders) do
		globs[#globs + 1] = folder .. "/**/*.{" .. endings .. "}"
	end
	return { name = "programs", os = os, as = "file", globs = globs,
		doc = "programs, scripts and libraries that are not the system's" }
end

return {
	artifact("windows", WINDOWS, {
		"%profile%", "Users/{Public,Default,All Users}",
		"{ProgramData,Program Files*,PerfLogs,Temp,Intel,inetpub,$Recycle.Bin,RECYCLER}",
		"Windows/{Temp,Tasks,Debug,Tracing,System32/{spool,Tasks},SysWOW64/Tasks}",
	}, { "*.{" .. WINDOWS .. "}" }),
	artifact("macos", MACOS, { "{Applications,Library,Users,usr/local,opt,private/var/tmp}" }, {
		"{,Users/*/}{Applications,Library}/**/Contents/MacOS/*",
		"{usr/local/{bin,sbin},private/tmp,private/var/tmp,tmp,Users/Shared}/*",
		"Users/*/{Downloads,Library/Application Support/*}/*",
	}),
	artifact("linux", LINUX, { "{home,root,opt,srv,tmp,usr/local,var/{tmp,www},dev/shm}" }, {
		"{tmp,var/tmp,dev/shm,usr/local/{bin,sbin}}/*",
		"{home/*,root}/{*,{bin,.local/bin,.config,.cache}/**}",
	}),
}
