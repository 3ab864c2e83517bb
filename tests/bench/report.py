"""Shows bench.json.

usage: report.py BENCH.JSON            the table as text
       report.py --markdown BENCH.JSON the table for README.md
       report.py --readme README.md BENCH.JSON   puts it between the two marks there"""
import json
import sys

import figures

BEGIN, END = "<!-- bench: begin -->\n", "<!-- bench: end -->\n"
HEAD = ["", "runs", "wall s", "CPU s", "peak MiB", "largest MiB", "wall, fossick = 1"]


def side_cells(job, side):
    """The figures of one side, as text."""
    m = {k: figures.median(side, k) for k in ("wall", "cpu", "peak", "largest")}
    return [str(len(side["samples"])), figures.seconds(m["wall"]), figures.seconds(m["cpu"]),
            figures.mebibytes(m["peak"]), figures.mebibytes(m["largest"]),
            figures.times(figures.ratio(job, side))]


def aim_words(job, aim):
    figure, met = figures.judge(job, aim)
    verdict = "not measured" if met is None else "met" if met else "NOT met"
    return aim["text"], figures.figure_text(aim, figure), verdict


def lines_of(rows):
    """Columns under each other; the first to the left, the others to the right."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))]
        yield "  ".join(cells).rstrip()


def rates_of(job):
    """One line with the rows (or whatever the job counts) for each second of CPU, by side."""
    if "rates" not in job:
        return []
    each = ["%s %.0f" % (s["name"], figures.rate(s)) for s in job["sides"]]
    return ["%s for a second of CPU: %s" % (job["rates"], "; ".join(each))]


def notes_of(job):
    return (rates_of(job) + job.get("notes", []) + ["skipped: " + s for s in job.get("skipped", [])] +
            ["FAILED: " + s for s in job.get("failed", [])])


def job_text(job):
    out = [f"== {job['name']}: {job['what']}"]
    if job["sides"]:
        rows = [HEAD] + [[s["name"]] + side_cells(job, s) for s in job["sides"]]
        out += ["  " + line for line in lines_of(rows)]
    out += [f"  {s['name']}: {s['command']}" for s in job["sides"]]
    out += ["  aim: %s: %s, %s" % aim_words(job, a) for a in job.get("aims", [])]
    return "\n".join(out + ["  " + n for n in notes_of(job)])


def about(result):
    m, i = result["machine"], result["image"]
    return (f"{result['date']}; {m['cpu']}, {m['cores']} cores, {m['memory'] >> 30} GiB, "
            f"{m['kernel']}; {i['text']}; medians, warm cache")


def text(result):
    out = [about(result)] + result.get("warnings", [])
    return "\n\n".join(out + [job_text(j) for j in result["jobs"]]) + "\n"


def markdown_row(cells):
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def markdown(result):
    """One row a side; the aims of a job below its first side, the command lines at the end."""
    out = [about(result) + "."] + [w + "." for w in result.get("warnings", [])] + [""]
    out += [markdown_row(["job"] + HEAD[1:] + ["aim"]), "|---" + "|---:" * 6 + "|---|"]
    for job in result["jobs"]:
        out.append(markdown_row([f"**{job['what']}**"] + [""] * 7))
        aims = "<br>".join("%s: %s, %s" % aim_words(job, a) for a in job.get("aims", []))
        for n, side in enumerate(job["sides"]):
            out.append(markdown_row([side["name"]] + side_cells(job, side) + ["" if n else aims]))
    out += ["", "Command lines:", "", "```"]
    for job in result["jobs"]:
        out += [f"{job['name']}: {s['name']}: {s['command']}" for s in job["sides"]]
    notes = [f"- {job['name']}: {n}" for job in result["jobs"] for n in notes_of(job)]
    return "\n".join(out + ["```", ""] + notes + ([""] if notes else []))


def put_into(path, table):
    with open(path, encoding="utf-8") as f:
        whole = f.read()
    before, rest = whole.split(BEGIN)
    after = rest.split(END)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + BEGIN + table + END + after)


def main(args):
    with open(args[-1], encoding="utf-8") as f:
        result = json.load(f)
    if args[0] == "--readme":
        put_into(args[1], markdown(result))
    else:
        print(markdown(result) if args[0] == "--markdown" else text(result), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
