"""Loads both sides with the same companies and projects, asks both the same, prints one table. Called by `run`."""

import argparse
import base64
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
YEAR = 2025
FACTS = 20
ROWS = 50
# What both are asked: filters that mean the same on both sides, an order, a page. Amounts in yuan; `officer` by number.
QUESTIONS = [
    {"name": "all, newest first", "sort": "number", "down": True},
    {"name": "all by amount, page 40", "sort": "amount", "down": True, "page": 40},
    {"name": "all by name", "sort": "name"},
    {"name": "lost, by amount", "stage": "lost", "sort": "amount", "down": True},
    {"name": "leads, oldest first", "stage": "lead", "sort": "number"},
    {"name": "1亿 or more, by amount", "min": 100_000_000, "sort": "amount", "down": True},
    {"name": "5亿 or more, by name", "min": 500_000_000, "sort": "name"},
    {"name": "name has 轴承, newest first", "text": "轴承", "sort": "number", "down": True},
    {"name": "name has 储能, lost, by amount", "text": "储能", "stage": "lost", "sort": "amount", "down": True},
    {"name": "one officer, by amount", "officer": 7, "sort": "amount", "down": True},
    {"name": "signed in the year, newest first", "signed": YEAR, "sort": "signed", "down": True},
    {"name": "signed, officer, 1亿 or more, by name", "signed": YEAR, "officer": 12, "min": 100_000_000, "sort": "name"},
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def process_cpu(pid, children=False):
    """User and system seconds of a process (with those of children that have ended)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11 : 15 if children else 13])) / TICK


def memory_mb(pid, key="VmRSS"):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+)", status)[1]) / 1024


def finished(command, **options):
    """Runs a command; answers its output, wall time and CPU (children too)."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, **options)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command[:3]))} … failed with {done.returncode}:\n{done.stdout}")
    return done.stdout, wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Postgres:
    """A cluster of its own with the settings that PostgreSQL ships (fsync and synchronous_commit on)."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        self.run(f"{self.bin}/initdb -D {folder}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8")
        self.run(
            f"{self.bin}/pg_ctl -D {folder}/data -l {folder}/log -w "
            f"-o '-p {self.port} -k {folder} -c listen_addresses=127.0.0.1' start"
        )
        self.pid = int((folder / "data/postmaster.pid").read_text().split()[0])

    def run(self, script):
        command = ["sh", "-c", script]
        if os.getuid() == 0:
            command = ["su", "postgres", "-s", "/bin/sh", "-c", script]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def sql(self, database, *statements):
        for statement in statements:
            subprocess.run(
                [f"{self.bin}/psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
                 "-U", "postgres", "-d", database, "-c", statement],
                check=True, stdout=subprocess.DEVNULL,
            )

    def cpu(self):
        """The postmaster, its running backends and those that have ended."""
        used = process_cpu(self.pid, children=True)
        for task in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = task.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == self.pid:
                    used += process_cpu(task.parent.name)
            except (FileNotFoundError, ProcessLookupError):
                pass
        return used

    def stop(self):
        self.run(f"{self.bin}/pg_ctl -D {self.folder}/data -m fast stop")


class Server:
    """A server process that answers on a port."""

    def __init__(self, command, port, log):
        self.port = port
        self.process = subprocess.Popen(command, stdout=open(log, "w"), stderr=subprocess.STDOUT)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{command[0]} ended with {self.process.returncode}; see {log}")
                time.sleep(0.1)
        else:
            sys.exit(f"{command[0]} does not answer; see {log}")
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def send(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            sys.exit(f"{method} {path} answered {answer.status}: {data[:500]!r}")
        return data

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Landfall:
    """Our server: its pages as a browser reads them (HTML), signed in."""

    def __init__(self, binary, folder, session, log):
        port = free_port()
        self.server = Server([binary, "serve", "--data-dir", folder, "--listen", f"127.0.0.1:{port}"], port, log)
        cookie, _ = session.split()
        self.headers = {"Cookie": f"landfall={cookie}"}

    def cpu(self):
        return process_cpu(self.server.process.pid)

    def page(self, question):
        """The address of a question."""
        words = {"stage": "stage", "text": "q", "officer": "officer", "page": "page"}
        query = {words[k]: v for k, v in question.items() if k in words}
        if "min" in question:
            query["least"] = question["min"] // 10_000
        if "signed" in question:
            query |= {"from": f"{question['signed']}-01-01", "to": f"{question['signed']}-12-31"}
        columns = {"number": "code", "amount": "planned", "name": "name", "signed": "signed"}
        query["sort"] = ("-" if question.get("down") else "") + columns[question["sort"]]
        return "/projects?" + urllib.parse.urlencode(query)

    def list(self, question):
        html = self.server.send("GET", self.page(question), headers=self.headers).decode()
        return int(re.search(r'id="total">([\d,]+)<', html)[1].replace(",", ""))


class Tryton:
    """The peer's server: JSON-RPC as its web client sends it, signed in."""

    def __init__(self, python, config, port, database, log):
        self.server = Server([python.parent / "trytond", "-c", config, "-d", database, "--logconf", config.parent / "log.conf"], port, log)
        self.path, self.headers, self.context = f"/{database}/rpc/", {"Content-Type": "application/json"}, {}
        user, token, *_ = self.call("common.db.login", "admin", {"password": "adminadmin"})
        word = base64.b64encode(f"admin:{user}:{token}".encode()).decode()
        self.headers["Authorization"] = f"Session {word}"
        self.context = self.call("model.res.user.get_preferences", True, {})
        employees = self.call("model.company.employee.search", [], 0, None, [["id", "ASC"]], self.context)
        self.officers = dict(enumerate(employees, 1))

    def call(self, method, *params):
        body = json.dumps({"id": 1, "method": method, "params": params})
        answer = json.loads(self.server.send("POST", self.path, body, self.headers))
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def cpu(self):
        return process_cpu(self.server.process.pid)

    def domain(self, question):
        day = lambda y, m, d: {"__class__": "date", "year": y, "month": m, "day": d}
        money = lambda yuan: {"__class__": "Decimal", "decimal": str(yuan)}
        clauses = {
            "stage": lambda v: [["state", "=", v]],
            "text": lambda v: [["OR", ["description", "ilike", f"%{v}%"], ["party.name", "ilike", f"%{v}%"]]],
            "officer": lambda v: [["employee", "=", self.officers[v]]],
            "min": lambda v: [["amount", ">=", money(v)]],
            "signed": lambda y: [["end_date", ">=", day(y, 1, 1)], ["end_date", "<=", day(y, 12, 31)]],
        }
        return [clause for k, v in question.items() if k in clauses for clause in clauses[k](v)]

    def list(self, question):
        """Two calls: the page's rows with the fields that its list shows, and their number in all."""
        columns = {"number": "number", "amount": "amount", "name": "description", "signed": "end_date"}
        order = [[columns[question["sort"]], "DESC" if question.get("down") else "ASC"], ["id", "ASC"]]
        fields = ["number", "reference", "description", "party.rec_name", "employee.rec_name", "amount", "start_date",
                  "end_date", "state", "conversion_probability", "currency.rec_name"]
        domain = self.domain(question)
        offset = (question.get("page", 1) - 1) * ROWS
        self.call("model.sale.opportunity.search_read", domain, offset, ROWS, order, fields, self.context)
        return self.call("model.sale.opportunity.search_count", domain, 0, None, self.context)


def timed(act, runs, cpu):
    """Wall times in milliseconds of `runs` runs after one that is not counted, CPU milliseconds of each, the last answer."""
    act()
    before, walls = cpu(), []
    for _ in range(runs):
        began = time.perf_counter()
        answer = act()
        walls.append((time.perf_counter() - began) * 1000)
    return walls, (cpu() - before) * 1000 / runs, answer


def percentile(walls, share):
    return statistics.quantiles(walls, n=100, method="inclusive")[share - 1]


def compare(label, ours, theirs, unit=""):
    ratio = f"{theirs / ours:.1f}×" if ours else "-"
    print(f"{label:<44}{ours:>12.1f}{theirs:>12.1f}{ratio:>9} {unit}")


def set_up_peer(args, work, postgres):
    """A database with the modules and what a zone sets up by hand; answers the configuration's file."""
    config = work / "trytond.conf"
    port = free_port()
    config.write_text(
        f"[database]\nuri = postgresql://postgres@127.0.0.1:{postgres.port}/\n[web]\nlisten = 127.0.0.1:{port}\n")
    (work / "log.conf").write_text(
        "[formatters]\nkeys=\n[handlers]\nkeys=console\n[loggers]\nkeys=root\n[logger_root]\nlevel=WARNING\nhandlers=console\n"
        "[handler_console]\nclass=StreamHandler\nargs=(sys.stderr,)\n")
    postgres.sql("postgres", "CREATE DATABASE tryton")
    postgres.sql("tryton", "CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent")
    (work / "password").write_text("adminadmin\n")
    admin = [args.python.parent / "trytond-admin", "-c", config, "-d", "tryton"]
    environment = os.environ | {"TRYTONPASSFILE": str(work / "password")}
    finished([*admin, "-u", "sale_opportunity", "--activate-dependencies", "--email", "a@example.invalid", "-p"], env=environment)
    finished([*admin, "--indexes"])
    finished([args.python, HERE / "peer.py", "start", "tryton", config])
    return config, port


def peer(args, postgres, config, *command):
    """One command of `peer.py`: its answer, with PostgreSQL's CPU added to its own."""
    before = postgres.cpu()
    out, *_ = finished([args.python, HERE / "peer.py", command[0], "tryton", config, *command[1:]])
    answer = json.loads(out)
    answer["cpu"] += postgres.cpu() - before
    return answer


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--work", type=pathlib.Path, required=True)
    options.add_argument("--landfall", required=True)
    options.add_argument("--loader", required=True)
    options.add_argument("--python", type=pathlib.Path, required=True)
    options.add_argument("--projects", type=int, required=True)
    options.add_argument("--runs", type=int, required=True)
    args = options.parse_args()
    work, number = args.work, args.projects
    companies, folder = work / "companies.csv", work / "landfall"
    shutil.rmtree(folder, ignore_errors=True)
    finished([args.landfall, "generate", "--companies", str(number), "--seed", "3", "--csv", companies])
    print(finished([args.loader, "data", companies, work / "data", str(number), str(FACTS)])[0].strip())
    postgres = Postgres(work / "pg")
    try:
        config, port = set_up_peer(args, work, postgres)
        print(f"\n{'':<44}{'Landfall':>12}{'Tryton':>12}{'ratio':>9}")
        _, wall, used = finished([args.landfall, "import", companies, "--data-dir", folder, "--json"])
        theirs = peer(args, postgres, config, "parties", companies)
        compare(f"import of {number:,} companies, wall", wall, theirs["wall"], "s")
        compare("  CPU", used, theirs["cpu"], "s")
        database = folder / "landfall.db"
        _, wall, used = finished([args.loader, "load", companies, database, str(number), str(FACTS)])
        theirs = peer(args, postgres, config, "projects", work / "data/projects.csv")
        compare(f"{number:,} projects (ours with {FACTS} facts), wall", wall, theirs["wall"], "s")
        compare("  CPU", used, theirs["cpu"], "s")
        postgres.sql("tryton", "ANALYZE")
        report(args, postgres, config, folder)
        lists(args, postgres, config, port, folder, database)
    finally:
        postgres.stop()


def report(args, postgres, config, folder):
    command = [args.landfall, "figure", "signed", "--year", str(YEAR), "--json", "--data-dir", folder]
    finished(command)
    walls, used = [], 0.0
    for _ in range(5):
        out, wall, cpu = finished(command)
        walls.append(wall)
        used += cpu / 5
    ours = json.loads(out)
    theirs = peer(args, postgres, config, "report", str(YEAR), "20")
    compare("the year's signings (ours: a process), p50", statistics.median(walls) * 1000,
            statistics.median(theirs["walls"]) * 1000, "ms")
    compare("  CPU", used * 1000, theirs["cpu"] * 1000 / 20, "ms")
    print(f"  answers: ours {ours.get('count')}, {ours.get('amount_yuan')} yuan; "
          f"theirs {theirs['count_1yi']} of 1亿 or more, {theirs['yuan_1yi']} yuan; all {theirs['count']}, {theirs['yuan']} yuan")


def lists(args, postgres, config, port, folder, database):
    """The list's questions through both servers, and what both hold in memory at rest."""
    finished([args.loader, "people", database, str(40), args.work / "sessions.txt"])
    session = (args.work / "sessions.txt").read_text().splitlines()[0]
    ours = Landfall(args.landfall, folder, session, args.work / "landfall.log")
    theirs = Tryton(args.python, config, port, "tryton", args.work / "tryton.log")
    all_ours, all_theirs, cpu_ours, cpu_theirs, unequal = [], [], 0.0, 0.0, []
    began = time.perf_counter()
    ours.list(QUESTIONS[0])
    first = time.perf_counter() - began
    for question in QUESTIONS:
        walls, used, count = timed(lambda: ours.list(question), args.runs, ours.cpu)
        peer_walls, peer_used, peer_count = timed(
            lambda: theirs.list(question), args.runs, lambda: theirs.cpu() + postgres.cpu())
        compare(f"list: {question['name']} ({count}), p50", percentile(walls, 50), percentile(peer_walls, 50), "ms")
        if count != peer_count:
            unequal.append(f"{question['name']}: ours {count}, theirs {peer_count}")
        all_ours += walls
        all_theirs += peer_walls
        cpu_ours += used / len(QUESTIONS)
        cpu_theirs += peer_used / len(QUESTIONS)
    for share in (50, 95):
        compare(f"list, all questions, p{share}", percentile(all_ours, share), percentile(all_theirs, share), "ms")
    compare("  CPU", cpu_ours, cpu_theirs, "ms a question")
    time.sleep(10)
    compare("server's memory at rest", memory_mb(ours.server.process.pid), memory_mb(theirs.server.process.pid), "MB")
    print(f"  ours at most {memory_mb(ours.server.process.pid, 'VmHWM'):.0f} MB; theirs without PostgreSQL's own processes")
    print(f"  first list after our server's start: {first:.2f} s")
    ours.server.stop()
    theirs.server.stop()
    if unequal:
        sys.exit("the answers differ:\n" + "\n".join(unequal))


if __name__ == "__main__":
    main()
