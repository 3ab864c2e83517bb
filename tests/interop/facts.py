"""Facts that others state about the corpus: each compared, or left out with a reason. What came of them is a
table below docs/, which the test that collects them makes and checks."""

import collections
import os
import sys

import support

Result = collections.namedtuple("Result", "source test label got wanted reason")
Reason = collections.namedtuple("Reason", "text")


def totals(results):
    """Facts, compared, not reached."""
    left = sum(r.reason is not None for r in results)
    return len(results), len(results) - left, left


class Facts:
    def __init__(self, script, doc):
        self.script, self.doc, self.results = "tests/interop/" + script, "docs/" + doc, []

    def compared(self, source, test, label, got, wanted):
        self.results.append(Result(source, test, label, got, wanted, None))

    def left_out(self, source, test, label, wanted, reason):
        self.results.append(Result(source, test, label, None, wanted, reason))

    def table(self, head, allowed):
        """The text of the document."""
        out = [head, "| source | facts | compared | not reached |", "|---|---|---|---|"]
        by_source = collections.defaultdict(list)
        for r in self.results:
            by_source[r.source].append(r)
        for source, results in sorted(by_source.items()):
            out.append("| `%s` | %d | %d | %d |" % (source, *totals(results)))
        out.append("| all | %d | %d | %d |" % totals(self.results))
        out += [allowed, "## Not reached, and why", "", "| source | statement | facts | why |", "|---|---|---|---|"]
        groups = collections.Counter((r.source, r.test, r.reason) for r in self.results if r.reason is not None)
        out += ["| `%s` | %s | %d | %s |" % (source, test, count, reason)
                for (source, test, reason), count in sorted(groups.items())]
        return "\n".join(out) + "\n"

    def report(self):
        """A case for each statement of each source."""
        by_test = collections.defaultdict(list)
        for r in self.results:
            by_test[r.source, r.test].append(r)
        for (source, test), results in by_test.items():
            wrong = [f"{r.label}: got {r.got!r}, wanted {r.wanted!r}" for r in results
                     if r.reason is None and r.got != r.wanted]
            support.check("%s: %s: %d facts compared, %d not reached" % (source, test, *totals(results)[1:]), not wrong,
                          "\n".join(line[:400] for line in wrong))

    def check_table(self, table):
        with open(os.path.join(support.SRC, self.doc), encoding="utf-8") as f:
            support.check("%s has this table: %d facts, %d compared, %d not reached" % (self.doc, *totals(self.results)),
                          f.read() == table, f"python3 {self.script} --table >{self.doc}")

    def finish(self, head, allowed, also=lambda: None):
        """With --table prints the document; else all cases, those of also() among them."""
        table = self.table(head, allowed)
        if sys.argv[1:] == ["--table"]:
            print(table, end="")
            return
        self.report()
        also()
        self.check_table(table)
        support.finish()
