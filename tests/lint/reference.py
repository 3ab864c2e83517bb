"""docs/plugin-reference.md is what docs/gen-reference.py writes, and every function
that Lua gets is in it."""

import importlib.util
import os
import sys

sys.dont_write_bytecode = True
tree = os.environ["FOSSICK_SRC"]
spec = importlib.util.spec_from_file_location("gen", os.path.join(tree, "docs/gen-reference.py"))
gen = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gen)

count = 0


def check(name, good, why):
    global count
    count += 1
    print("%s %d - %s" % ("ok" if good else "not ok", count, name))
    if not good:
        print("# " + why)


with open(os.path.join(tree, "docs/plugin-reference.md"), encoding="utf-8") as f:
    check("the reference is up to date", f.read() == gen.render(tree),
          "run: python3 docs/gen-reference.py >docs/plugin-reference.md")
rows = [line for line in gen.render(tree).splitlines() if line.startswith("|")]
torn = [row for row in rows if not row.endswith("|") or "| |" in row]
check("each row of a table is a line", not torn, "torn: %s" % torn)
documented = {name.split(":")[-1].split(".")[-1] for name in gen.signatures(tree)}
registered = set(gen.registered(tree)) | {"list", "given"}
check("functions were found", len(registered) > 30, "only %d" % len(registered))
check("every function is documented", registered <= documented,
      "missing: %s" % sorted(registered - documented))
check("every documented function is there", documented <= registered,
      "gone: %s" % sorted(documented - registered))
print("1..%d" % count)
