"""Writes docs/plugin-reference.md from the `///` comments beside the functions
of core/lua and of native modules.

    python3 docs/gen-reference.py [SOURCE-TREE] >docs/plugin-reference.md

A comment begins with a signature, or with "# " and the title of a chapter.
Signatures without text share the text of the next one. An indented line goes on
with the row of a table or the item of a list above it."""

import os
import re
import sys

CHAPTERS = [
    "class_ctx.c", "ctx_follow.c", "finding.c", "payload.c", "verdict.c", "judge.c",
    "class_entry.c", "entry_find.c", "class_hive.c", "hive_find.c", "class_key.c", "module_bridge.c",
    "plugins/pe/pe_module.c",
    "plugins/macho/macho_module.c", "plugins/msi/msi_module.c", "plugins/ico/ico_module.c",
    "plugins/lnk/lnk_module.c", "plugins/plist/plist_module.c",
    "plugins/prefetch/prefetch_module.c", "plugins/olecf/olecf_module.c", "plugins/leveldb/leveldb_module.c",
    "plugins/ese/ese_module.c", "plugins/evtx/evtx_module.c", "plugins/zip/zip_module.c", "plugins/asar/asar_module.c",
    "plugins/usn/usn_module.c",
    "plugins/hashset/hashset_module.c", "plugins/yara/yara_module.c",
    "helpers.c", "given.c", "json.c",
    "base_lib.c",
]

INTRO = """\
# Reference of the plugin API, version 1

Written by `docs/gen-reference.py` from the comments in `core/lua` and `plugins`; change it
there. Each example is the body of `run(ctx, item)` and runs as a test: on a file, or with `hive`
or `db` for the item where the example uses that name. How a plugin is put together, and how to
try one, is in `docs/plugin-guide.md`.

The table that a plugin returns, and the artifacts it can want, are described in
`ARCHITECTURE.md`.
"""


def comments(text):
    """Lists of lines, one for each run of /// lines."""
    found, block = [], []
    for line in text.split("\n"):
        if line.startswith("///"):
            block.append(line[4:])
        elif block:
            found.append(block)
            block = []
    return found


def joined(lines):
    """Continued rows and items in one line; code as it is."""
    out, code = [], False
    for line in lines:
        if line.startswith("```"):
            code = not code
            line = "```lua" if code else "```"
        elif not code and line.startswith("  ") and out:
            out[-1] += " " + line.strip()
            continue
        out.append(line)
    return "\n".join(out).strip("\n")


def source(tree, name):
    return os.path.join(tree, name if "/" in name else "core/lua/" + name)


def render(tree):
    out, pending = [INTRO], []
    for name in CHAPTERS:
        with open(source(tree, name), encoding="utf-8") as f:
            blocks = comments(f.read())
        for block in blocks:
            text = joined(block[1:])
            if block[0].startswith("# "):
                out.append("#" + block[0] + "\n\n" + text if text else "#" + block[0])
                continue
            pending.append("`" + block[0] + "`")
            if text:
                out.append("### " + ", ".join(pending) + "\n\n" + text)
                pending = []
    return "\n\n".join(part.strip("\n") for part in out) + "\n"


def signatures(tree):
    """Names of the functions that are documented."""
    for name in CHAPTERS:
        with open(source(tree, name), encoding="utf-8") as f:
            for block in comments(f.read()):
                if not block[0].startswith("# "):
                    yield re.match(r"[\w:.]+", block[0]).group(0)


def registered(tree):
    """Last names of the functions that Lua gets from core/lua and native modules."""
    modules = sorted(os.listdir(os.path.join(tree, "plugins")))
    for path in ["core/lua"] + ["plugins/" + name for name in modules if name != "selftest"]:
        folder = os.path.join(tree, path)
        if not os.path.isdir(folder):
            continue
        for name in sorted(os.listdir(folder)):
            if name.endswith(".c"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    text = f.read()
                yield from re.findall(
                    r'\{ "(\w+)", (?:(?:fsk_hive_)?method_|time_|bytes_|db_|pe_|macho_|module_|file_|fsk_ctx_'
                    r'|fsk_sqlite_|ese_)\w+ \}',
                    text)
                yield from re.findall(r'set_cached\(L, "(\w+)"', text)


if __name__ == "__main__":
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(render(sys.argv[1] if len(sys.argv) > 1 else here))
