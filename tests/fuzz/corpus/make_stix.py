#!/usr/bin/env python3
"""Seeds for fuzz_stix: rows of archives, a letter in front of each."""
import json
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stix")
COLLECTION = {"started": "2023-04-01T10:00:00.1234567Z", "ended": "2023-04-01T10:00:09Z", "case": "7",
              "examiner": "R. Roe", "result": "complete", "tool": {"version": "1"},
              "machines": [{"source": 0, "volume": 0, "facts": {"computer": "WS-7", "product": "W"}}],
              "sources": [{"source": 0, "name": "disk", "volumes": [{"volume": 0, "letter": "C", "os": "windows"},
                                                                   {"volume": 1, "place": "vol1"}]},
                          {"source": 1, "name": "more", "volumes": []}]}


def place(path, **more):
    return {"source": 0, "volume": 0, "addr": 5, "path": path, **more}


def finding(**more):
    return {"plugin": "p", "volume": [0, 0], "title": "T", "severity": "high", "confidence": "high", **more}


def seed(name, *rows):
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as f:
        for letter, row in rows:
            f.write(letter + json.dumps(row, separators=(",", ":")) + "\n")


DIGEST = "0" * 64
seed("files", ("f", finding(evidence=[place("a/b.dll"), place("a"), place("a/b.dll", stream="s")], detail="d",
                            fields={"sign": "library.loader", "user": "u", "sid": "S-1"}, references=["attack:T1195.002"])),
     ("f", finding(evidence=[place("a/b.dll")], fields={"sign": "library.loader", "about": {"md5": "0" * 32}},
                   references=["attack:C0057", "cve:CVE-2023-29059", "https://a.b", "x:y", "z"])),
     ("c", COLLECTION),
     ("m", {"locator": place("a/b.dll"), "status": "complete", "size": 3, "sha256": DIGEST,
            "times": {"created": "2023-04-01T10:00:00Z"}}))
seed("names", ("f", finding(fields={"sign": "network.c2", "name": "a.example.com", "url": "https://a.example.com/x",
                                    "first": "2023-04-01T10:00:00Z", "last": "2023-04-02T10:00:00Z"},
                            references=["attack:C0057"])),
     ("f", finding(evidence=[place("x/SOFTWARE")], fields={"key": "a\\b", "value": "v", "command": "c", "n": [1]},
                   severity="info")), ("c", COLLECTION))
seed("verdicts", ("v", {"case": "c", "step": "s", "ladder": ["a", "s"], "summary": "x", "plugin": "v", "sources": [0],
                        "steps": [{"name": "s", "reached": True, "for": ["f"], "against": ["g"]}],
                        "times": [{"what": "w", "time": "t", "source": "u"}], "unexamined": ["e"], "notes": ["n"],
                        "advice": [{"text": "t", "source": "s"}]}), ("v", {"failed": "f"}), ("c", COLLECTION))
seed("none", ("c", {}))
