"""From samples to figures: medians, ratios, and whether an aim is met.

A job is {"name", "what", "sides": [side], "aims": [aim], "notes": [text]}, with "rates" when
the units of its sides are worth a line: what they are.
A side is {"name", "command", "samples": [sample], "units": n}; a sample is what
meter.measure() returns, with "size" where the job makes something.
An aim is {"side", "measure", "of": [names], "at_least" or "at_most": n, "text"}:
  without "of"      the measure of the side itself
  with "at_least"   how many times less the side takes than the others, the worst of them
  with "at_most"    how many times more the side takes than the largest of the others"""
import statistics

MIB = 1 << 20


def median(side, measure):
    """The median over the runs; None without runs. Memory is the maximum."""
    values = [s[measure] for s in side["samples"] if s.get(measure) is not None]
    if not values:
        return None
    return max(values) if measure in ("peak", "largest") else statistics.median(values)


def value_of(side, measure):
    """A measure, or the wall time for each unit ("wall each")."""
    if measure == "wall each":
        wall = median(side, "wall")
        return None if wall is None else wall / side["units"]
    return median(side, measure)


def ratio(job, side, measure="wall"):
    """How many times more `side` takes than the first side of the job."""
    first, own = value_of(job["sides"][0], measure), value_of(side, measure)
    return own / first if first and own is not None else None


def rate(side):
    """Units for a second of CPU; 0 without runs."""
    cpu = median(side, "cpu")
    return side["units"] / cpu if cpu else 0


def judge(job, aim):
    """(figure, met) of one aim; (None, None) when a side of it did not run."""
    sides = {s["name"]: s for s in job["sides"]}
    own = value_of(sides[aim["side"]], aim["measure"]) if aim["side"] in sides else None
    others = [value_of(sides[n], aim["measure"]) for n in aim.get("of", []) if n in sides]
    if own is None or None in others or len(others) != len(aim.get("of", [])):
        return None, None
    if "at_least" in aim:
        figure = min(others) / own
        return figure, figure >= aim["at_least"]
    figure = own / max(others) if others else own
    return figure, figure <= aim["at_most"]


def seconds(value):
    if value is None:
        return "-"
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def mebibytes(value):
    return "-" if value is None else f"{value / MIB:.0f}" if value >= MIB else f"{value / MIB:.1f}"


def times(value):
    if value is None:
        return "-"
    return f"{value:.2f}x" if value < 10 else f"{value:.1f}x" if value < 100 else f"{value:.0f}x"


def figure_text(aim, figure):
    if figure is None:
        return "not measured"
    if aim.get("of"):
        return times(figure)
    return mebibytes(figure) + " MiB" if aim["measure"] in ("peak", "largest") else \
        seconds(figure) + " s"
