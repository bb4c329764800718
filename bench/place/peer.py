"""The other side of bench/place: makes the texts, runs pyahocorasick, compares.

peer.py texts OUT WORDS [REGISTRY.csv]   one business scope a line: the registry's, or made up from the words
peer.py measure WORDS TEXTS              prints `key value` lines
peer.py table RUST PEER                  the table, from both outputs; exits 1 when the matches differ
"""

import csv
import random
import resource
import sys
import time

CHECKED = 20_000
MASK = (1 << 64) - 1


def texts(out, words, registry=None):
    lines = []
    if registry:
        with open(registry, encoding="utf-8-sig", newline="") as f:
            for row in csv.DictReader(f):
                lines.append(" ".join((row.get("经营范围") or "").split()))
    else:
        rng = random.Random(7)
        terms = open(words, encoding="utf-8").read().splitlines()
        filler = "机械设备 五金交电 建筑材料 日用百货 办公用品 金属材料 仪器仪表 计算机软硬件 电子产品 企业管理 会议 园林绿化".split()
        verbs = "制造 销售 批发 零售 研发 技术咨询 技术服务 维修 租赁 的研发、生产、销售".split()
        for _ in range(20_000):
            clauses = []
            for _ in range(rng.randint(2, 12)):
                goods = [rng.choice(terms) if rng.random() < 0.1 else rng.choice(filler) for _ in range(rng.randint(1, 5))]
                clauses.append("、".join(goods) + rng.choice(verbs))
            lines.append("；".join(clauses) + "（依法须经批准的项目，经相关部门批准后方可开展经营活动）")
    with open(out, "w", encoding="utf-8") as f:
        f.writelines(line + "\n" for line in lines if line)


def joined(a, b):
    if not (a.isascii() and b.isascii()):
        return False
    return (a.isalpha() and b.isalpha()) or (a.isdigit() and b.isdigit())


def measure(words, path):
    import ahocorasick

    words = open(words, encoding="utf-8").read().split("\n")
    automaton = ahocorasick.Automaton()
    for i, word in enumerate(words):
        automaton.add_word(word, (i, len(word)))
    automaton.make_automaton()
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")[:-1]
    megabytes = sum(len(line.encode()) for line in lines) / 1e6
    count = 0
    cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    start = time.perf_counter()
    for line in lines:
        for _ in automaton.iter(line):
            count += 1
    wall = time.perf_counter() - start
    cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu
    checked, total = 0, 0
    for i, line in enumerate(lines[:CHECKED]):
        for end, (word, length) in automaton.iter(line):
            first = end - length + 1
            left = first > 0 and joined(line[first - 1], line[first])
            right = end + 1 < len(line) and joined(line[end], line[end + 1])
            if left or right:
                continue
            key = (i + 1) * 1_000_003 + word * 8_191 + first
            total = (total + key * key) & MASK
            checked += 1
    for key, value in {
        "megabytes": megabytes,
        "match_count": count,
        "match_wall_s": wall,
        "match_cpu_s": cpu,
        "match_mb_per_s": megabytes / wall,
        "check_count": checked,
        "check_sum": total,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }.items():
        print(key, value)


def table(rust, peer):
    load = lambda p: dict(line.split() for line in open(p) if len(line.split()) == 2)
    r, p = load(rust), load(peer)
    number = lambda d, k: float(d[k])
    read = number(r, "read_mb_per_s")
    mb = number(r, "megabytes")
    print(f"{r['words']} words, {r['texts']} texts, {mb:.0f} MB; plain sequential read {read / 1000:.1f} GB/s; one thread each")
    print(f"{'':34}{'MB/s':>8}{'CPU s':>8}{'ratio':>8}{'of read':>9}{'peak MB':>9}")
    base = number(p, "match_cpu_s")
    rows = [
        ("pyahocorasick, bare matching", p, "match"),
        ("Landfall, bare matching", r, "match"),
        ("Landfall, full placement", r, "place"),
    ]
    for name, d, what in rows:
        cpu = number(d, f"{what}_cpu_s")
        print(
            f"{name:34}{mb / cpu:8.1f}{cpu:8.2f}{base / cpu:7.1f}x{mb / cpu / read:9.2%}{number(d, 'peak_mb'):9.0f}"
        )
    print(f"placed {float(r['place_companies_per_s']):.0f} companies a second on one core")
    same = all(r[k] == p[k] for k in ("check_count", "check_sum"))
    print(f"matches of the first {CHECKED} texts: {'the same' if same else 'DIFFERENT'} ({r['check_count']} and {p['check_count']})")
    return 0 if same else 1


if __name__ == "__main__":
    command, *rest = sys.argv[1:]
    sys.exit({"texts": texts, "measure": measure, "table": table}[command](*rest))
