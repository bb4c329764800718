"""The other side of bench/landing/cash: makes the series, asks pyxirr and numpy-financial, compares.

peer.py flows OUT N SEED         one series a line: RATE DAY:YUAN DAY:YUAN ...
peer.py table FLOWS RUST SECONDS the table; exits 1 when one of ours is wrong
"""

import random
import sys
import time
from datetime import date, timedelta

# Two rates are the same when they differ by no more than this, relative to 1 + rate.
SAME_RATE = 1e-8
# Our amounts are whole yuan: half a yuan of rounding, and what a float of this size cannot tell.
HALF = 0.5 + 1e-6
# The named range of ours (`HIGHEST_RATE`): a rate above it is no answer there, and no fault.
HIGHEST = 1e12


def flows(out, n, seed):
    rng = random.Random(int(seed))
    with open(out, "w", encoding="utf-8") as f:
        for i in range(int(n)):
            count = rng.randint(2, 40)
            start = date(2000, 1, 1) + timedelta(rng.randint(0, 9_000))
            days = sorted(rng.sample(range(1, 365 * rng.randint(1, 20)), count - 1))
            size = 10 ** rng.randint(3, 9)
            kind = i % 5
            if kind == 0:  # an investment and its income
                amounts = [-rng.randint(1, size)] + [rng.randint(0, max(1, 3 * size // count)) for _ in days]
            elif kind == 1:  # a fund: calls first, distributions later
                calls = rng.randint(1, count)
                amounts = [(-1 if k < calls else 1) * rng.randint(0, size) for k in range(count)]
            elif kind == 2:  # a loan taken and paid back
                amounts = [rng.randint(1, size)] + [-rng.randint(0, max(1, 2 * size // count)) for _ in days]
            elif kind == 3:  # any sign at any time
                amounts = [rng.randint(-size, size) for _ in range(count)]
            else:  # mostly income, or all one way
                amounts = [rng.choice([0, 1, 1, 1, -1][: rng.choice([4, 5])]) * rng.randint(1, size) for _ in range(count)]
            pairs = [(start + timedelta(d), a) for d, a in zip([0] + days, amounts)]
            rate = rng.uniform(-0.3, 0.6)
            f.write(f"{rate!r} " + " ".join(f"{d}:{a}" for d, a in pairs) + "\n")


def read(path):
    for line in open(path, encoding="utf-8"):
        rate, *words = line.split()
        pairs = [w.split(":") for w in words]
        yield float(rate), [date.fromisoformat(d) for d, _ in pairs], [int(a) for _, a in pairs]


def number(word):
    try:
        return float(word)
    except ValueError:
        return None


def asked(call):
    try:
        value = call()
    except Exception:
        return None
    return value if value is not None and value == value and abs(value) != float("inf") else None


def balances(times, amounts, rate):
    """Whether the present value at the rate is nothing beside the size of its terms."""
    if rate is None or rate <= -1:
        return False
    try:
        terms = [a * (1 + rate) ** -t for t, a in zip(times, amounts)]
    except OverflowError:
        return False
    return abs(sum(terms)) <= 1e-7 * sum(map(abs, terms))


def table(path, rust, seconds):
    import numpy_financial
    import pyxirr

    series = list(read(path))
    ours = [line.split() for line in open(rust)]
    assert len(series) == len(ours), "not as many answers as series"
    start = time.perf_counter()
    theirs = []
    for rate, days, amounts in series:
        theirs.append(
            {
                "npv": asked(lambda: pyxirr.npv(rate, amounts)),
                "irr": asked(lambda: pyxirr.irr(amounts)),
                "xnpv": asked(lambda: pyxirr.xnpv(rate, days, amounts)),
                "xirr": asked(lambda: pyxirr.xirr(days, amounts)),
            }
        )
    taken = time.perf_counter() - start
    for (rate, _, amounts), row in zip(series, theirs):
        row["npv numpy"] = asked(lambda: float(numpy_financial.npv(rate, amounts)))
        row["irr numpy"] = asked(lambda: float(numpy_financial.irr(amounts)))

    print(f"{len(series)} series; Landfall {float(open(seconds).read()):.3f} s, pyxirr {taken:.3f} s for the four figures of all")
    print(f"{'':12}{'agree':>8}{'none':>8}{'another':>9}{'only ours':>11}{'only theirs':>13}{'differ':>8}{'most apart':>13}{'by 1+rate':>11}")
    wrong, beyond = 0, 0
    columns = {"npv": 0, "irr": 1, "xnpv": 3, "xirr": 4, "npv numpy": 0, "irr numpy": 1}
    for name, column in columns.items():
        tally = dict.fromkeys(["agree", "none", "another", "ours", "theirs", "differ"], 0)
        greatest, relative = 0.0, 0.0
        for (_, days, amounts), answer, row in zip(series, ours, theirs):
            a, b = number(answer[column]), row[name]
            dated = name.startswith("x")
            times = [(d - days[0]).days / 365 for d in days] if dated else range(len(days))
            what, difference = verdict("irr" in name, a, b, times, amounts)
            tally[what] += 1
            greatest = max(greatest, difference)
            relative = max(relative, difference / (1 + abs(b or 0)))
            beyond += what == "theirs" and b > HIGHEST
            if what == "differ" or (what == "ours" and not balances(times, amounts, a)) or (
                what == "theirs" and b <= HIGHEST and balances(times, amounts, b)
            ):
                wrong += 1
                print(f"  {name}: ours {answer[column]}, theirs {b}: {list(zip(map(str, days), amounts))}", file=sys.stderr)
        print(
            f"{name:12}{tally['agree']:8}{tally['none']:8}{tally['another']:9}{tally['ours']:11}"
            f"{tally['theirs']:13}{tally['differ']:8}{greatest:13.1e}"
            + (f"{relative:11.1e}" if "irr" in name else " CNY")
        )
    several = sum(int(a[2]) > 1 or int(a[5]) > 1 for a in ours)
    print(f"series with more than one rate that balances them: {several}")
    print(f"rates above the named range of ours ({HIGHEST:.0e}) that only pyxirr gives: {beyond}")
    print("every answer of ours holds" if wrong == 0 else f"{wrong} answers of ours DO NOT HOLD")
    return 0 if wrong == 0 else 1


def verdict(is_rate, a, b, times, amounts):
    if a is None and b is None:
        return "none", 0.0
    if a is None:
        return "theirs", 0.0
    if b is None:
        return "ours", 0.0
    difference = abs(a - b)
    allowed = SAME_RATE * (1 + abs(b)) if is_rate else HALF + abs(b) * 1e-12
    if difference <= allowed:
        return "agree", difference
    if is_rate and balances(times, amounts, a):
        return "another", 0.0
    return "differ", difference


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    sys.exit({"flows": flows, "table": table}[command](*rest))
