"""Writes the seeds of fuzz_readers: python3 make_readers.py. The first byte says which reader."""

import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "data"))
import bits_tree as b
import defender_files as d
import safari_files as s
import sample_tree as i
import task_tree as t
import wmi_tree as w

BOOT = t.generic(0xFFFF)
ALL = (BOOT, t.generic(0xAAAA, ident="me") + t.user_info(t.USER, "PC\\ann"), t.by_time(2, t.WHEN, 60), t.by_event("<q/>"),
       t.generic(0xEEEE), t.generic(0x8888), t.generic(0x7777) + struct.pack("<I", 5) + t.FILL * 4 + t.user_info(None),
       t.generic(0x6666) + bytes(8) + t.wide(4) + b"data")
XML = t.task_xml(t.exec_xml("a.exe", "/x &amp; <![CDATA[y]]>") + t.com_xml(t.DLL), "<!-- c --><URI>u</URI>", "<Hidden>1</Hidden>",
                 "<LogonTrigger/><CalendarTrigger><ScheduleByDay/></CalendarTrigger>", "<UserId>S-1-5-18</UserId>")

SEEDS = {
    "a-all": t.actions(t.execute("a.exe", "b", "c"), t.com(t.DLL, "d"), t.mail("to", "s"), t.message("t", "b")),
    "a-old": t.actions(t.execute("a.exe", version=1), version=1),
    "b-dat": b.dat([b.TOOL]),
    "b-db": b.row("f", b.file("C:\\f", "http://x/f")) + b.job("n", "c.exe", "c.exe", ["f"], mark=b.WINDOWS_10, refs=True),
    "c-10": struct.pack("<I", 0x34).ljust(0x34, b"\0") + b"10ts" + struct.pack("<III", 0, 18, 0)[:8] + struct.pack("<H", 4)
            + "C:".encode("utf-16-le") + struct.pack("<Q", t.WHEN) + struct.pack("<I", 0),
    "c-7": struct.pack("<II", 0xBADC0FEE, 1).ljust(128, b"\0") + bytes(64),
    "d-new": t.dynamic(t.WHEN, t.WHEN, t.WHEN, 0x80070002),
    "d-old": t.dynamic(t.WHEN, old=True),
    "e-entry": d.quarantined("Trojan:Win64/SamScissors", "C:\\ffmpeg.dll", "AA" * 20),
    "f-content": d.kept(b"kept file"),
    "i-cut": b"$ " + b"A" * 26 + b"!wQWzha6sxQrtzFo3oPSe",
    "h-history": d.wide("x\0Trojan:Win64/SamScissors\0") + bytes(3) + d.wide("C:\\a.dll\0"),
    "i-icon": b"IEND\xaeB`\x82" + i.ICON_TRAILER,
    "l-log": b"\xff\xfe" + ("2023-03-29T20:12:31.123Z DETECTIONEVENT Trojan:Win64/SamScissors file:C:\\x\r\n" * 2).encode("utf-16-le"),
    "g-glob": b"%profile%/{a,b{c,d}}/**/[a-z]?*.e*e\na/bd/x/y/qq.exe",
    "q-csv": b"type,value,name,severity\nmd5,0cc175b9c0f1b6a831c399e269772661,x,high\npath,%APPDATA%\\a.exe,,\n",
    "q-list": b"hxxp://evil[.]example/x # y\nevil.example\na*.exe\nHKLM\\Software\\X\n10.0.0.0/8\nC:\\a\\*\\b[1].exe\n?\n",
    "q-misp": b'{"response":[{"Event":{"info":"i","threat_level_id":"1","Attribute":[{"type":"filename|md5","value":'
              b'"a.exe|0cc175b9c0f1b6a831c399e269772661","uuid":"u"}],"Object":[{"Attribute":[{"type":"size-in-bytes","value":"7"}]}]}}]}',
    "q-openioc": b'<ioc id="1"><short_description>s</short_description><definition><Indicator operator="AND"><IndicatorItem '
                 b'condition="contains"><Context search="FileItem/FileName"/><Content>a.e</Content></IndicatorItem><IndicatorItem>'
                 b'<Context search="FileItem/SizeInBytes"/><Content>7</Content></IndicatorItem></Indicator></definition></ioc>',
    "q-stix": b'{"type":"bundle","objects":[{"type":"indicator","id":"i","pattern":"[file:name = \'a.exe\' AND (file:size = 7 OR '
              b'file:hashes.MD5 IN (\'x\', \'y\'))] OR [domain-name:value LIKE \'%.example\'] WITHIN 5 SECONDS"}]}',
    "j-job": t.job("a.exe", "b", "c", run=(2023, 3, 4, 30, 9, 30, 0, 125)),
    "k-cookies": s.COOKIES,
    "n-json": b'{"a":[1,-2.5e1,"\\u00e9",null,true]}',
    "s-descriptor": t.SECURITY,
    "t-all": t.triggers(*ALL),
    "t-old": t.triggers(sid=None, version=0x15),
    "u-url": b"[InternetShortcut]\r\nURL=file:///C:/a%20b.exe\r\n",
    "v-log": b"2023-04-07 07:30:00> Program: Starting: --update https://pbx.example/electron/update/win32/18.12.416\r\n"
             b"[07/04/23 07:30:00] info: 3CXDesktopApp-18.12.425-full.nupkg\r\nuninstall 3cx app-18.12.416\n",
    "m-csv": b'# c\na,b\n"x, ""y""",1\n2\n"z\n',
    "w-objects": w.page(w.instance("CommandLineEventConsumer", Name="n", CommandLineTemplate="c", dynamic=True),
                        w.instance("__EventFilter", Name="f", Query="q"), w.bind("CommandLineEventConsumer", "n", "f")),
    "x-utf16": XML.encode("utf-16"),
    "x-utf8": XML.encode(),
    "y-xml": b'<?xml version="1.0"?><!DOCTYPE a><n:a b="&lt;&#65;"><c/>t<![CDATA[<]]></n:a>',
}

os.makedirs(os.path.join(HERE, "readers"), exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(HERE, "readers", name), "wb") as f:
        f.write(name[:1].encode() + data)
