"""Writes the seeds of fuzz_plugin and fuzz_follow: python3 make_plugin.py"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = "return{api=1,name='t',summary='s',wants={'*'},run=function(ctx,item) "

PLUGINS = {
    "empty": "",
    "bytecode": "\x1bLua\x54\x00",
    "syntax": "return { api = = 1 }",
    "full": "return{api=1,name='t',summary='s',author='a',license='l',categories={'c'},"
            "references={'r'},os={'windows'},wants={'a/*','x.y'},"
            "options={n={default=1,help='h'}},run=function() end}",
    "artifacts": "return{{name='x.y',os='windows',as='hive',globs={'a/{b,c}'},doc='d'},"
                 "{name='x.y',os='macos',globs={'*'}}}",
    "loop": "while true do end",
    "memory": "local t={} while true do t[#t+1]=('x'):rep(1000) end",
    "deep": "local t={} for i=1,100 do t={t} end return {options=t}",
    "cycle": "local t={} t.t=t return t",
    "record": HEAD + "ctx:record('k',{a={1,2},b={x=1},e=item,s='\\xff\\0',l=list{}}) end}",
    "finding": HEAD + "ctx:finding{severity='low',confidence='low',title='t',evidence={item}} end}",
    "entry": HEAD + "item:read() item:read(1,2) item:sha256() item:streams() "
             "item:sibling('a.exe:s'):read() return item.times.modified,item.user end}",
    "walk": HEAD + "for e in ctx:glob('**/*.{exe,s}') do ctx:collect(e,'r') end "
            "ctx:lookup('C:\\\\Users') ctx:follow('%AppData%\\\\x',{user='ann'}) end}",
    "database": HEAD + "for r in sqlite.open(item):rows('x') do ctx:record('r',r) end end}",
    "hive": HEAD + "ctx:hive(item) ctx:anomaly(item,'x') ctx:log('y') end}",
    "dead": "local o " + HEAD + "if o then return o.path end o=item end}",
    "library": "local l=require('l') " + HEAD + "end}",
    "pcall": HEAD + "pcall(function() while true do end end) "
             "xpcall(error,function() while true do end end) end}",
    "close": HEAD + "local x<close> =setmetatable({},{__close=function() error('c') end}) "
             "error('b') end}",
    "meta": HEAD + "local t=setmetatable({},{__index=function(t,k) return k end,"
            "__pairs=function() return next,{} end}) for k in pairs(t) do end "
            "next({a=1},'a') tostring(t) end}",
    "helpers": HEAD + "time.webkit(1) time.mac(1.5) time.ns('2023-03-29T08:15:30Z') "
               "bytes.u32le('abcd') bytes.unhex('4d5a') bytes.utf16('a\\0b\\0') end}",
}

COMMANDS = {
    "empty": "\0",
    "plain": "\3C:\\Program Files\\Vendor\\app one.exe -x",
    "quoted": "\1\"C:\\a b\\c.exe\" \"d\"",
    "variables": "\3%AppData%\\x.exe %1 %TEMP%",
    "rundll": "\1rundll32.exe C:\\a b\\x.dll,Entry 1",
    "regsvr": "\1regsvr32 /s x.dll",
    "cmd": "\3cmd /q/c \"\"C:\\a.bat\" x\"",
    "nested": "\1cmd /c cmd /c start \"t\" /min cmd /c x",
    "script": "\1wscript //B %UserProfile%\\x.vbs",
    "powershell": "\1powershell -nop -ep bypass -File \"C:\\x.ps1\" -y",
    "native": "\1\\??\\C:\\Windows\\x.sys",
    "server": "\1\\\\server\\share\\x.exe",
    "unix": "\2~/bin/x y z",
    "spaces": "\1" + "a " * 200,
}


def write(folder, seeds):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    for name, text in seeds.items():
        with open(os.path.join(HERE, folder, name), "wb") as f:
            f.write(text.encode("latin-1"))


write("plugin", PLUGINS)
write("follow", COMMANDS)
