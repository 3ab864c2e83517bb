"""Is that a STIX 2.1 bundle? Tables of the specification (OASIS Standard, 10 June 2021) for
the types that fossick writes, held against a bundle. Unknown properties are mistakes, too."""
import json
import re
import uuid

SCO_SPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)"
                  r"(\.\d{1,6})?Z")  # the specification sets no end, but what reads it does


def text(v):
    return isinstance(v, str)


def filled(v):
    return isinstance(v, str) and v != ""


def whole(low, high):
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def time(v):
    return isinstance(v, str) and TIME.fullmatch(v) is not None


def moment(v):
    return v[:19], float("0" + v[19:-1])


def exact(v):  # section 3.2: created and modified
    return time(v) and re.search(r"\.\d{3}Z$", v) is not None


def words(*known):
    return lambda v: v in known


def many(one):
    """Section 2.11: a list is not empty."""
    return lambda v: isinstance(v, list) and v != [] and all(map(one, v))


def ref(*types):
    """An id of one of these types; none: of any."""
    return lambda v: isinstance(v, str) and re.fullmatch(
        rf"({'|'.join(types) or '[a-z0-9-]+'})--{UUID}", v) is not None


def table(required, optional):
    """Of an object that is no STIX object: the names it must and may have."""
    return lambda v: (isinstance(v, dict) and all(k in v for k in required) and v != {} and
                      all(k in {**required, **optional} and {**required, **optional}[k](x)
                          for k, x in v.items()))


LENGTHS = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}


def hashes(v):
    return isinstance(v, dict) and v != {} and all(
        k in LENGTHS and re.fullmatch(f"[0-9a-fA-F]{{{LENGTHS[k]}}}", x) for k, x in v.items())


def reference(v):  # section 2.5: one of the three
    return (table({"source_name": filled}, {"description": filled, "url": filled, "external_id": filled})(v)
            and len(v) > 1 and (v["source_name"] != "cve" or
                                re.fullmatch(r"CVE-\d{4}-\d{4,}", v.get("external_id", "")))
            and (v["source_name"] != "capec" or re.fullmatch(r"CAPEC-\d+", v.get("external_id", ""))))


STREAM = table({"name": filled}, {"hashes": hashes, "size": whole(0, 2**63)})
VALUE = table({}, {"name": text, "data": text, "data_type": text})
SDO = ["attack-pattern", "campaign", "identity", "indicator", "malware", "note", "observed-data", "report",
       "tool", "vulnerability", "intrusion-set"]
SCO = ["directory", "domain-name", "file", "url", "user-account", "windows-registry-key"]
COMMON = {"type": filled, "spec_version": words("2.1"), "id": ref(), "created": exact, "modified": exact}
MORE = {"created_by_ref": ref("identity"), "labels": many(filled), "confidence": whole(0, 100),
        "external_references": many(reference)}
NAMED = ({"name": filled}, {"description": text})
TYPES = {  # type: (required, optional), without the common ones
    "attack-pattern": NAMED,
    "campaign": ({"name": filled}, {"first_seen": time, "last_seen": time, "description": text}),
    "vulnerability": NAMED,
    "identity": ({"name": filled}, {"description": text, "identity_class": words(
        "individual", "group", "system", "organization", "class", "unknown")}),
    "indicator": ({"pattern": filled, "pattern_type": words("stix"), "valid_from": time},
                  {"name": filled, "description": text, "indicator_types": many(words(
                      "anomalous-activity", "anonymization", "benign", "compromised",
                      "malicious-activity", "attribution", "unknown"))}),
    "note": ({"content": filled, "object_refs": many(ref())}, {"abstract": text}),
    "observed-data": ({"first_observed": time, "last_observed": time,
                       "number_observed": whole(1, 999999999), "object_refs": many(ref(*SCO))}, {}),
    "report": ({"name": filled, "published": time, "object_refs": many(ref())},
               {"description": text, "report_types": many(words("observed-data", "threat-report", "indicator", "malware"))}),
    "relationship": ({"relationship_type": filled, "source_ref": ref(), "target_ref": ref()},
                     {"description": text}),
    "sighting": ({"sighting_of_ref": ref(*SDO)},
                 {"description": text, "first_seen": time, "last_seen": time, "count": whole(0, 999999999),
                  "observed_data_refs": many(ref("observed-data")),
                  "where_sighted_refs": many(ref("identity", "location"))}),
}
OBSERVABLES = {  # type: (required, optional, properties of the id)
    "directory": ({"path": filled}, {"ctime": time, "mtime": time, "atime": time}, ["path"]),
    "domain-name": ({"value": lambda v: re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", v)}, {}, ["value"]),
    "url": ({"value": lambda v: re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^ ]+$", v)}, {}, ["value"]),
    "user-account": ({}, {"user_id": filled, "account_login": filled, "account_type": filled},
                     ["account_type", "user_id", "account_login"]),
    "windows-registry-key": ({}, {"key": filled, "values": many(VALUE)}, ["key", "values"]),
    "file": ({}, {"hashes": hashes, "size": whole(0, 2**63), "name": filled, "ctime": time, "mtime": time,
                  "atime": time, "parent_directory_ref": ref("directory"),
                  "extensions": table({"ntfs-ext": table(
                      {}, {"sid": text, "alternate_data_streams": many(STREAM)})}, {})},
             ["hashes", "name", "parent_directory_ref", "extensions"]),
}
INDICATES = ["attack-pattern", "campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool"]
PATTERN = re.compile(r"\[(domain-name:value = '[a-z0-9_.-]+'|file:hashes\.'SHA-256' = '[0-9a-f]{64}')\]")


def deterministic_id(o):
    """Section 2.9, with Python's own means."""
    name = {k: o[k] for k in OBSERVABLES[o["type"]][2] if k in o}
    if "hashes" in name:
        first = next(h for h in ("MD5", "SHA-1", "SHA-256", "SHA-512") if h in name["hashes"])
        name["hashes"] = {first: name["hashes"][first]}
    canonical = json.dumps(name, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{o['type']}--{uuid.uuid5(SCO_SPACE, canonical)}"


def check_object(o):
    """What is wrong with one object, without its references."""
    kind = o.get("type")
    if kind in OBSERVABLES:
        required, optional, _ = OBSERVABLES[kind]
        required = {**required, **{k: COMMON[k] for k in ("type", "spec_version", "id")}}
    elif kind in TYPES:
        required, optional = {**COMMON, **TYPES[kind][0]}, {**MORE, **TYPES[kind][1]}
    else:
        return [f"type {kind!r} is not known"]
    wrong = [f"{k} is missing" for k in required if k not in o]
    known = {**optional, **required}
    wrong += [f"{k} is not known" for k in o if k not in known]
    wrong += [f"{k}: {v!r}" for k, v in o.items() if k in known and not known[k](v)]
    if not str(o.get("id")).startswith(f"{kind}--"):
        wrong.append(f"id {o.get('id')} of another type")
    if wrong:
        return wrong
    if kind in OBSERVABLES and o["id"] != deterministic_id(o):
        wrong.append(f"id {o['id']} should be {deterministic_id(o)}")
    if kind == "file" and not {"name", "hashes"} & set(o):
        wrong.append("a file without name and hashes")
    if kind in ("user-account", "windows-registry-key") and len(o) < 4:
        wrong.append("nothing but an id")
    for first, last in (("created", "modified"), ("first_observed", "last_observed"),
                        ("first_seen", "last_seen")):
        if first in o and last in o and moment(o[first]) > moment(o[last]):
            wrong.append(f"{first} is after {last}")
    if kind == "indicator" and not PATTERN.fullmatch(o["pattern"]):
        wrong.append(f"pattern {o['pattern']}")
    if kind == "relationship" and (o["relationship_type"] != "indicates" or
                                   not ref("indicator")(o["source_ref"]) or
                                   not ref(*INDICATES)(o["target_ref"])):
        wrong.append("no relationship of the specification")
    return wrong


def references_of(o):
    for k, v in o.items():
        if k.endswith("_ref"):
            yield v
        elif k.endswith("_refs"):
            yield from v


def check_bundle(bundle):
    """All that is wrong, as lines; [] is good."""
    if set(bundle) != {"type", "id", "objects"} or bundle["type"] != "bundle":
        return ["no bundle"]
    wrong = [] if ref("bundle")(bundle["id"]) else [f"id {bundle['id']}"]
    objects, ids = bundle["objects"], [o.get("id") for o in bundle["objects"]]
    wrong += [f"{i} is there twice" for i in set(ids) if ids.count(i) > 1]
    parts = [i.split("--")[1] for i in ids]
    wrong += [f"{p}: one UUID for two types" for p in set(parts) if parts.count(p) > 1]
    for o in objects:
        wrong += [f"{o.get('id')}: {w}" for w in check_object(o)]
        wrong += [f"{o.get('id')}: {r} is not in the bundle" for r in references_of(o) if r not in ids]
    return wrong
