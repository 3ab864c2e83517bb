"""Harmless files for figures: the same for the same seed. Four kinds of content, of which
one does not pack; sizes as on a disk, many small ones and few large ones."""
import math
import os
import random

POOL = 1 << 22
KINDS = (("text", 30), ("code", 35), ("noise", 25), ("table", 10))
ENDINGS = {"text": ("log", "xml", "txt"), "code": ("dll", "exe", "sys"),
           "noise": ("jpg", "cab", "mui"), "table": ("db", "dat", "pak")}
SYLLABLES = "ab con der en for gen in ker lo mat net or pro re set ter un win".split()
BATCH = 1 << 16
MIDDLE, SPREAD, LEAST = 4096, 1.6, 40


def filled(size, piece):
    """`size` bytes of what piece() gives."""
    out = bytearray()
    while len(out) < size:
        out += piece()
    return bytes(out[:size])


def pools(rng):
    """For each kind, bytes to cut from."""
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(4000)]
    codes = [rng.randbytes(rng.choice((1, 2, 2, 3, 3, 4, 7))) for _ in range(3000)]
    rank = [1 / (i + 2) for i in range(4000)]
    row = bytearray(b"ROW\0" + bytes(60))

    def table():
        row[4:12] = rng.randrange(1 << 40).to_bytes(8, "little")
        row[20:24] = rng.randbytes(4)
        return bytes(row)

    return {"text": filled(POOL, lambda: " ".join(rng.choices(words, rank, k=BATCH)).encode()),
            "code": filled(POOL, lambda: b"".join(rng.choices(codes, rank[:3000], k=BATCH))),
            "noise": rng.randbytes(POOL), "table": filled(POOL, table)}


def content(rng, pool, size):
    """`size` bytes, in pieces from different places of the pool."""
    out = bytearray()
    while len(out) < size:
        at = rng.randrange(POOL - 4096)
        out += pool[at:at + min(size - len(out), rng.randrange(4096, POOL))]
    return bytes(out)


def plan(rng, count, total):
    """`count` sizes with the sum `total`: lognormal, and what is left in large files."""
    sizes = [max(LEAST, int(rng.lognormvariate(math.log(MIDDLE), SPREAD))) for _ in range(count)]
    large = range(0, count, max(1, count // 50))
    rest = total - sum(sizes)
    for i in large if rest > 0 else ():
        sizes[i] += rest // len(large)
    return sizes


def fill(root, count, total, seed=1):
    """Writes `count` files of about `total` bytes into folders below `root`."""
    rng = random.Random(seed)
    kinds = pools(rng)
    names, weights = zip(*KINDS)
    for n, size in enumerate(plan(rng, count, total)):
        kind = rng.choices(names, weights)[0]
        folder = os.path.join(root, "part%02d/set-%03d-%s" % (n // 5000, n % 5000 // 40, kind))
        os.makedirs(folder, exist_ok=True)
        name = "%s%05d.%s" % (rng.choice(SYLLABLES), n, rng.choice(ENDINGS[kind]))
        with open(os.path.join(folder, name), "wb") as f:
            f.write(content(rng, kinds[kind], size))
