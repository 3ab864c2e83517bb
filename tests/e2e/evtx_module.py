#!/usr/bin/env python3
"""evtx.records as plugins see it: members and fields, choices, damage, several logs at once, wrong arguments."""
import importlib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests"))
sys.path.insert(0, os.path.join(os.environ["FOSSICK_SRC"], "tests", "data"))
import support
from support import check, same

make = importlib.import_module("make-evtx")
PLUGIN = """
local function numbers(e, options)
    local out = {}
    for r in evtx.records(e, options) do out[#out + 1] = r.number end
    return list(out)
end
local function all(e)
    local out = {}
    local events, why, code = evtx.records(e)
    if not events then return nil, why, code end
    for r in events do out[#out + 1] = r end
    return list(out)
end
local function fails(...)
    local good, why, more = pcall(evtx.records, ...)
    return good and tostring(more) or tostring(why):match("evtx%%..*$") or why
end
return { api = 1, name = "dump", summary = "what the module gives", wants = { "*.evtx" },
run = function(ctx, item)
    local row = { path = item.name, entry = item }
    row.events, row.why, row.code = all(item)
    if row.events and item.name == "good.evtx" then
        row.chosen = numbers(item, { ids = { 3, 2 } })
        row.by_provider = numbers(item, { providers = { "Plain", "Other" } })
        row.none = numbers(item, { ids = { 77 } })
        row.also = { numbers(item, { ids = { 77 }, also = { "FIV", "Bob" } }), numbers(item, { ids = { 1 }, also = { "bob", "nobody" } }),
            numbers(item, { also = { "line one" } }), numbers(item, { providers = { "Plain" }, also = { "one" } }) }
        row.words = list({ fails(item, { also = { "" } }), fails(item, { also = { "é" } }), fails(item, { also = { ("x"):rep(129) } }) })
        row.every = numbers(item, { ids = {}, slack = true })
        local a, b, pairs_of = evtx.records(item), evtx.records(item), {}
        for r in a do pairs_of[#pairs_of + 1] = r.number .. "/" .. b().number end
        row.pairs = table.concat(pairs_of, " ")
        row.wrong = list({ fails(item, { ids = 3 }), fails(item, { ids = { true } }), fails(item, { ids = { "x" } }),
            fails(item, { providers = { 3 } }), fails(item, 7), fails("x") })
        local many = {}
        for i = 1, 1025 do many[i] = i end
        row.many = fails(item, { ids = many })
    end
    if row.events and item.name == "many.evtx" then
        local events = evtx.records(item, { ids = { 77 } })
        row.before = events:span().records
        events()
        row.span = events:span()
    end
    if item.name == "slack.evtx" then row.slack = numbers(item, { slack = true }) end
    ctx:record("row", row)
end }
"""
GOOD = make.log(make.examples())
MANY = [make.Event("Fixture", i % 5, "2023-03-29T09:00:00", data=[("n", i), ("text", "x" * (i % 200))]) for i in range(1500)]
FILES = dict(make.damaged(GOOD), **{"good.evtx": GOOD, "junk.evtx": b"junk" * 100, "short.evtx": GOOD[:100], "many.evtx": make.log(MANY)})
rows, notes = support.dump(PLUGIN.replace("%%", "%"), FILES)
good = rows["good.evtx"]
first = good["events"][0]
same("members", {k: v for k, v in first.items() if k != "fields"},
     {"number": 1, "offset": 4608, "time": "2023-03-29T09:32:34Z", "provider": "Fixture", "id": 1, "level": 4,
      "channel": "Test", "computer": "PC1", "user": "S-1-5-18"})
same("fields", first["fields"], {"text": "line one\r\nline two", "number": "7", "hex": "0x3e7", "sid": "S-1-5-21-1-2-3-1001",
                                 "bytes": "01AB", "many": ["a", "", "c"], "twice": ["x", "y"], "empty": ""})
same("values without names", [good["events"][1]["values"], good["events"][1]["fields"]], [["one", "two", "three\nlines"], {}])
same("names that come again", [e["fields"] for e in good["events"][2:4]], [{"who": ["ann", "bob"]}, {"who": ["eve", ""]}])
same("choices", [good[k] for k in ("chosen", "by_provider", "none", "every")], [[2, 3, 4, 5], [3, 4, 6], [], [1, 2, 3, 4, 5, 6]])
same("words", good["also"], [[3, 5], [1, 3], [1], [1, 2, 6]])
same("words that are none", good["words"], ["words have 1 to 128 bytes", "words are of ASCII", "words have 1 to 128 bytes"])
same("two iterators of one file", good["pairs"], "1/1 2/2 3/3 4/4 5/5 6/6")
same("wrong arguments", good["wrong"], [
    "evtx.records: field 'ids': expected a list, got number",
    "evtx.records: field 'ids': element 1: expected an integer or a string, got boolean",
    "ids are up to 1024 integers, providers and also up to 64 strings", "ids are up to 1024 integers, providers and also up to 64 strings",
    "evtx.records: argument 2: expected a table, got number", "evtx.records: argument 1: expected an entry, got string"])
same("too many numbers", good["many"], "ids are up to 1024 integers, providers and also up to 64 strings")
same("no log", [(rows[n].get("why"), rows[n].get("code")) for n in ("junk.evtx", "short.evtx")],
     [("no event log: signature missing", "corrupt")] * 2)
same("many chunks", [e["number"] for e in rows["many.evtx"]["events"]], list(range(1, 1501)))
same("each event of them", [(e["id"], e["fields"]) for e in rows["many.evtx"]["events"]],
     [(i % 5, {"n": str(i), "text": "x" * (i % 200)}) for i in range(1500)])
same("from when to when", [rows["many.evtx"]["before"], rows["many.evtx"]["span"]],
     [0, {"records": 1500, "first": "2023-03-29T09:00:00Z", "last": "2023-03-29T09:00:00Z"}])
same("what was there before", rows["slack.evtx"]["slack"], [1, 2, 3, 4, 5, 6])
damage = {name: [e.get("damage") for e in row.get("events", [])] for name, row in rows.items()}
same("damage of events", {n: sorted({str(d) for d in damage[n]}) for n in ("good.evtx", "torn.evtx", "lost.evtx", "cut.evtx")},
     {"good.evtx": ["None"], "torn.evtx": ["a checksum of its chunk is wrong"], "cut.evtx": ["None"],
      "lost.evtx": ["None", "its chunk has no header"]})
sound = {n for n in FILES if not any(path.endswith(n) for path in notes)}
same("logs of which nothing is told", sorted(sound), ["dirty.evtx", "empty.evtx", "good.evtx", "junk.evtx", "many.evtx", "short.evtx"])
check("places are told", any("offset 0x1700: a record contradicts itself" in r for reasons in notes.values() for r in reasons), notes)
support.finish()
