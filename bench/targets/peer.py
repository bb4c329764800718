"""The same question in DuckDB and Polars, and the table at the end. `run` beside it is what people start.

peer.py prepare ROOT WORK                        DuckDB's own table, sorted by product; the same as one Parquet file
peer.py ask ENGINE WORK ROOT QUESTION TIMES OUT  ENGINE: duckdb, duckdb-parquet, polars, polars-parquet
peer.py all ROOT WORK BINARY QUESTION            evict, run every engine cold and warm, compare the answers, print the table
"""

import json
import os
import resource
import subprocess
import sys
import time

MASK = (1 << 32) - 1
ENGINES = ["duckdb", "duckdb-parquet", "polars", "polars-parquet"]


def snapshot(root):
    with open(os.path.join(root, "CURRENT")) as f:
        return os.path.join(root, f.read().strip())


def connect(path, threads=1, **config):
    import duckdb

    db = duckdb.connect(path, config=config)
    db.execute(f"SET threads = {threads}")
    db.execute("SET memory_limit = '10GB'")
    return db


WIDE = """
    SELECT p.tag::INTEGER AS tag, p.doc::INTEGER AS doc, p.fit::TINYINT AS fit, c.region_no::SMALLINT AS region_no,
           c.capital_level::TINYINT AS capital, c.insured_level::TINYINT AS insured, c.growth_level::TINYINT AS growth,
           c.maker::TINYINT AS maker, c.risk::TINYINT AS risk, c.inactive::TINYINT AS inactive
    FROM read_parquet('{snap}/pairs.parquet') p JOIN read_parquet('{snap}/companies.parquet') c USING (doc)
    ORDER BY tag, doc
"""


def prepare(root, work):
    """Gives the peers their best layout: everything the score reads beside every pair, sorted by product."""
    snap, path = snapshot(root), os.path.join(work, "peer.duckdb")
    stamp = os.path.join(work, "peer.stamp")
    if os.path.exists(stamp) and open(stamp).read() == snap:
        return
    for old in [path, path + ".wal", stamp]:
        if os.path.exists(old):
            os.remove(old)
    start = time.time()
    db = connect(path, threads=2)
    db.execute(f"SET temp_directory = '{work}/spill'")
    db.execute("CREATE TABLE wide AS " + WIDE.format(snap=snap))
    db.execute(f"COPY (FROM wide) TO '{work}/wide.parquet' (FORMAT parquet, COMPRESSION zstd)")
    db.close()
    with open(stamp, "w") as f:
        f.write(snap)
    print(f"the peers' table: {time.time() - start:.0f} s", file=sys.stderr)


def duckdb_ask(db, source, q):
    """One materialised pass over the gaps' pairs, then aggregates that keep the best n without sorting."""
    import polars as pl

    gaps = pl.DataFrame({"tag": [g["tag"] for g in q["gaps"]], "step": [g["step"] for g in q["gaps"]]},
                        schema={"tag": pl.Int32, "step": pl.Int32})
    regions = pl.DataFrame({"region_no": range(len(q["region"])), "near": q["region"]},
                           schema={"region_no": pl.Int16, "near": pl.Int32})
    residents = pl.DataFrame({"doc": q["residents"]}, schema={"doc": pl.Int32})
    for name, frame in [("gaps", gaps), ("regions", regions), ("residents", residents)]:
        db.register(name, frame.to_arrow())
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE hits AS
        SELECT w.doc, w.tag, w.fit * g.step AS points, w.region_no, w.capital, w.insured, w.growth, w.maker, w.risk
        FROM {source} w JOIN gaps g USING (tag)
        WHERE w.inactive = 0 AND w.doc NOT IN (SELECT doc FROM residents)
    """)
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE scores AS
        SELECT s.doc, (s.points + s.capital * {q['capital']} + s.insured * {q['insured']} + s.growth * {q['growth']}
               + s.maker * {q['maker']} - s.risk * {q['risk']} + r.near)::BIGINT AS points
        FROM (SELECT doc, sum(points)::BIGINT AS points, first(region_no) AS region_no,
                     first(capital)::INTEGER AS capital, first(insured)::INTEGER AS insured, first(growth)::INTEGER AS growth,
                     first(maker)::INTEGER AS maker, first(risk)::INTEGER AS risk FROM hits GROUP BY doc) s
        JOIN regions r USING (region_no)
    """)
    overall = db.execute(f"SELECT doc, points FROM scores ORDER BY points DESC, doc LIMIT {q['overall']}").fetchall()
    tops = db.execute(f"""
        SELECT h.tag, max(s.points * 4294967296 + (4294967295 - h.doc), {q['per_gap']})
        FROM hits h JOIN scores s USING (doc) GROUP BY h.tag
    """).fetchall()
    tops = {tag: [(MASK - (k & MASK), k >> 32) for k in keys] for tag, keys in tops}
    listed = sorted({d for d, _ in overall} | {d for rows in tops.values() for d, _ in rows})
    db.register("listed", pl.DataFrame({"doc": listed}, schema={"doc": pl.Int32}).to_arrow())
    words = {}
    for doc, tag in db.execute("SELECT doc, tag FROM hits SEMI JOIN listed USING (doc) ORDER BY doc, tag").fetchall():
        words.setdefault(doc, []).append(tag)
    return overall, tops, words


def polars_ask(wide, q):
    import polars as pl

    gaps = pl.DataFrame({"tag": [g["tag"] for g in q["gaps"]], "step": [g["step"] for g in q["gaps"]]},
                        schema={"tag": pl.Int32, "step": pl.Int32})
    regions = pl.DataFrame({"region_no": range(len(q["region"])), "near": q["region"]},
                           schema={"region_no": pl.Int16, "near": pl.Int32})
    residents = pl.DataFrame({"doc": q["residents"]}, schema={"doc": pl.Int32})
    hits = (wide.lazy().filter(pl.col("tag").is_in(gaps["tag"].implode()) & (pl.col("inactive") == 0))
            .join(gaps.lazy(), on="tag").join(residents.lazy(), on="doc", how="anti").collect())
    level = [pl.col(c).first().cast(pl.Int64) for c in ["capital", "insured", "growth", "maker", "risk"]]
    scores = (hits.lazy().group_by("doc")
              .agg((pl.col("fit").cast(pl.Int64) * pl.col("step")).sum().alias("points"), pl.col("region_no").first(), *level)
              .join(regions.lazy(), on="region_no")
              .select("doc", (pl.col("points") + pl.col("capital") * q["capital"] + pl.col("insured") * q["insured"]
                              + pl.col("growth") * q["growth"] + pl.col("maker") * q["maker"]
                              - pl.col("risk") * q["risk"] + pl.col("near")).alias("points"))
              .with_columns((pl.col("points") * 4294967296 + (MASK - pl.col("doc").cast(pl.Int64))).alias("key"))
              .collect())
    overall = scores.top_k(q["overall"], by="key").sort("key", descending=True).select("doc", "points").rows()
    tops = (hits.lazy().select("doc", "tag").join(scores.lazy().select("doc", "key"), on="doc")
            .group_by("tag").agg(pl.col("key").top_k(q["per_gap"]).sort(descending=True)).collect())
    tops = {tag: [(MASK - (k & MASK), k >> 32) for k in keys] for tag, keys in tops.rows()}
    listed = sorted({d for d, _ in overall} | {d for rows in tops.values() for d, _ in rows})
    frame = pl.DataFrame({"doc": listed}, schema={"doc": pl.Int32})
    words = {}
    for doc, tag in hits.select("doc", "tag").join(frame, on="doc", how="semi").sort("doc", "tag").rows():
        words.setdefault(doc, []).append(tag)
    return overall, tops, words


def ask(engine, work, root, question, times, out):
    q = json.load(open(question))
    start = time.perf_counter()
    if engine.startswith("duckdb"):
        native = engine == "duckdb"
        db = connect(os.path.join(work, "peer.duckdb") if native else ":memory:")
        source = "wide" if native else f"read_parquet('{work}/wide.parquet')"
        run = lambda: duckdb_ask(db, source, q)  # noqa: E731
    else:
        import polars as pl

        memory = engine == "polars"
        wide = pl.read_parquet(f"{work}/wide.parquet") if memory else pl.scan_parquet(f"{work}/wide.parquet")
        run = lambda: polars_ask(wide, q)  # noqa: E731
    opened = (time.perf_counter() - start) * 1e3
    wall, cpu, system = [], [], []
    used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_stime  # noqa: E731
    for _ in range(times):
        start, kernel, before = time.perf_counter(), used(), time.process_time()
        overall, tops, words = run()
        cpu.append((time.process_time() - before) * 1e3)
        wall.append((time.perf_counter() - start) * 1e3)
        system.append((used() - kernel) * 1e3)
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    rows = lambda top: [(d, p, words[d]) for d, p in top]  # noqa: E731
    json.dump({
        "open_ms": opened, "wall_ms": wall, "cpu_ms": cpu, "system_ms": system, "peak_mb": int(peak.split()[1]) / 1024,
        "overall": rows(overall), "per_gap": [rows(tops.get(g["tag"], [])) for g in q["gaps"]],
    }, open(out, "w"))


def evict(*places):
    """Drops the page cache of every file, so that the next run reads from the disk."""
    for place in places:
        files = [place] if os.path.isfile(place) else [os.path.join(place, f) for f in os.listdir(place)]
        for path in filter(os.path.isfile, files):
            fd = os.open(path, os.O_RDONLY)
            os.fdatasync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def run_one(name, root, work, binary, question, times):
    out = os.path.join(work, "answer.json")
    if name == "landfall":
        command = [binary, "ask", root, question, str(times), "1", out]
    else:
        command = [sys.executable, __file__, "ask", name, work, root, question, str(times), out]
    subprocess.run(command, check=True, env={**os.environ, "POLARS_MAX_THREADS": "1"})
    with open(out) as f:
        return json.load(f)


def compare(name, ours, theirs):
    for part in ["overall", "per_gap"]:
        a, b = json.dumps(ours[part]), json.dumps(theirs[part])
        if a != b:
            sys.exit(f"{name} gives another answer than Landfall ({part}); this is a fault, not a figure")


def table(root, work, binary, question):
    q = json.load(open(question))
    snap, rows, ours = snapshot(root), [], None
    for name in ["landfall", *ENGINES]:
        evict(snap, os.path.join(work, "peer.duckdb"), os.path.join(work, "wide.parquet"))
        cold = run_one(name, root, work, binary, question, 1)
        warm = run_one(name, root, work, binary, question, 201 if name == "landfall" else 7)
        ours = ours or warm
        compare(name, ours, warm)
        compare(name, ours, cold)
        middle = lambda values: sorted(values[1:])[(len(values) - 1) // 2]  # noqa: E731
        cpu, share = middle(warm["cpu_ms"]), sum(warm["system_ms"][1:]) / sum(warm["cpu_ms"][1:])
        rows.append((name, warm["open_ms"], cold["open_ms"], middle(warm["wall_ms"]), min(warm["wall_ms"]), cpu, cpu * (1 - share),
                     cpu * share, cold["open_ms"] + cold["wall_ms"][0], cold["cpu_ms"][0] - cold["system_ms"][0],
                     cold["system_ms"][0], warm["peak_mb"], cold["peak_mb"]))
    listed = len(ours["overall"]) + sum(len(g) for g in ours["per_gap"])
    print(f"\n{q['kind']}: {len(q['gaps'])} gaps, {q['postings']:,} postings, {ours['candidates']:,} companies on them, "
          f"{len(q['residents'])} residents; {listed:,} rows with reasons; all answers equal (companies, points, words)")
    head = ["ms", "open", "open cold", "wall", "wall min", "CPU", "user", "system", "cold wall incl. open", "cold user", "cold system",
            "peak MB", "cold peak MB", "CPU ratio"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for name, *values in rows:
        print(f"| {name} | " + " | ".join(f"{v:.1f}" for v in values) + f" | {values[4] / rows[0][5]:.1f} |")
    best = min(rows[1:], key=lambda r: r[5])
    print(f"best peer: {best[0]}, {best[5] / rows[0][5]:.1f} times Landfall's CPU")


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    if command == "prepare":
        prepare(*args)
    elif command == "ask":
        ask(args[0], args[1], args[2], args[3], int(args[4]), args[5])
    elif command == "all":
        table(*args)
    else:
        sys.exit(__doc__)
