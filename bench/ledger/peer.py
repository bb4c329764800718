"""The peer's side of bench/ledger: Tryton with its party and sale-opportunity modules on PostgreSQL.

    peer.py start DATABASE CONFIG                   modules' own records: currency, company, officers, numbering
    peer.py parties DATABASE CONFIG COMPANIES.csv   imports the companies as parties, by Model.create in batches
    peer.py projects DATABASE CONFIG PROJECTS.csv   the projects as opportunities, likewise
    peer.py report DATABASE CONFIG YEAR RUNS        the year's signings by tier and month, in one SQL statement of its ORM

Each prints one line of JSON: the wall time and this process's CPU; `measure.py` adds the CPU of PostgreSQL.
"""

import csv
import datetime
import json
import resource
import sys
import time
from decimal import Decimal

BATCH = 1000
OFFICERS = 40
# Tryton's word for each stage; the ways out keep whether there was a contract.
STATES = {
    "lead": "lead",
    "negotiating": "opportunity",
    "review": "opportunity",
    "decision": "opportunity",
    "lost": "lost",
    "ended": "cancelled",
    "in_production": "won",
    "at_capacity": "won",
}


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def batches(rows):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def start(pool):
    """What a zone sets up once by hand."""
    Currency, Party, Company, Employee, User, Group, Sequence, Type, Configuration, Lang = map(
        pool.get,
        [
            "currency.currency",
            "party.party",
            "company.company",
            "company.employee",
            "res.user",
            "res.group",
            "ir.sequence",
            "ir.sequence.type",
            "sale.configuration",
            "ir.lang",
        ],
    )
    currency, = Currency.create([
        {"name": "Yuan", "code": "CNY", "symbol": "¥", "digits": 2, "rounding": Decimal("0.01"),
         "rates": [("create", [{"date": datetime.date(2015, 1, 1), "rate": Decimal(1)}])]},
    ])
    party, = Party.create([{"name": "高新区管委会（合成）"}])
    company, = Company.create([{"party": party.id, "currency": currency.id}])
    people = Party.create([{"name": f"专员{n}（合成）"} for n in range(1, OFFICERS + 1)])
    Employee.create([{"party": p.id, "company": company.id} for p in people])
    Settings = pool.get("party.configuration")
    settings = Settings(1)
    settings.identifier_types = ["cn_vat"]
    settings.save()
    admin, = User.search([("login", "=", "admin")])
    groups = Group.search([])
    User.write([admin], {"companies": [("add", [company.id])], "company": company.id, "groups": [("add", [g.id for g in groups])]})
    return {"company": company.id}


def parties(pool, path):
    Party = pool.get("party.party")
    count = 0
    with open(path, newline="", encoding="utf-8") as file:
        for batch in batches(csv.DictReader(file)):
            Party.create([
                {"name": row["企业名称"], "identifiers": [("create", [{"type": "cn_vat", "code": row["统一社会信用代码"]}])]}
                for row in batch
            ])
            count += len(batch)
            yield count


def projects(pool, path):
    Opportunity, Identifier, Employee, Company = map(
        pool.get, ["sale.opportunity", "party.identifier", "company.employee", "company.company"])
    table = Identifier.__table__()
    from trytond.transaction import Transaction
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.select(table.code, table.party, where=table.type == "cn_vat"))
    party = dict(cursor.fetchall())
    company, = Company.search([])
    employees = [e.id for e in Employee.search([], order=[("id", "ASC")])]
    count = 0
    with open(path, newline="", encoding="utf-8") as file:
        for batch in batches(csv.DictReader(file)):
            Opportunity.create([
                {
                    "number": row["code"],
                    "reference": row["sort"],
                    "description": row["name"],
                    "comment": row["source"],
                    "party": party[row["company"]],
                    "company": company.id,
                    "currency": company.currency.id,
                    "amount": Decimal(row["yuan"]),
                    "employee": employees[int(row["officer"]) - 1],
                    "start_date": datetime.date.fromisoformat(row["start"]),
                    "end_date": datetime.date.fromisoformat(row["signed"]) if row["signed"] else None,
                    "conversion_probability": 0.5,
                    "state": STATES.get(row["stage"], "converted"),
                }
                for row in batch
            ])
            count += len(batch)
            yield count


def report(pool, year):
    """Count and amount of the year's signings by month and tier: one statement, built with the ORM's tables.

    The module's own reporting models know neither tiers nor months, so this is the best that its parts can do.
    """
    from sql.aggregate import Count, Sum
    from sql.conditionals import Case
    from sql.functions import Extract
    from trytond.transaction import Transaction

    table = pool.get("sale.opportunity").__table__()
    bounds = [3_000_000_000, 1_000_000_000, 500_000_000, 100_000_000]
    signed = table.select(
        Extract("MONTH", table.end_date).as_("month"),
        Case(*[(table.amount >= Decimal(b), b) for b in bounds], else_=0).as_("tier"),
        table.amount.as_("amount"),
        where=(table.end_date >= datetime.date(year, 1, 1)) & (table.end_date <= datetime.date(year, 12, 31)),
    )
    query = signed.select(
        signed.month, signed.tier, Count(signed.amount), Sum(signed.amount), group_by=[signed.month, signed.tier])
    cursor = Transaction().connection.cursor()
    cursor.execute(*query)
    return cursor.fetchall()


def main():
    command, database, config_file, *rest = sys.argv[1:]
    from trytond import config
    config.update_etc([config_file])
    from trytond.pool import Pool
    from trytond.transaction import Transaction, TransactionError
    Pool.start()
    pool = Pool(database)
    pool.init()
    result = {"ready_cpu": cpu()}
    began, used = time.monotonic(), cpu()
    if command == "report":
        result |= timed_reports(pool, database, *map(int, rest))
    elif command == "start":
        extras = {}
        while True:
            # Tryton asks for locks of tables at a transaction's beginning: the first try says which.
            with Transaction().start(database, 1, **extras) as transaction:
                try:
                    result |= start(pool)
                    break
                except TransactionError as error:
                    transaction.rollback()
                    error.fix(extras)
    else:
        context = {"company": company(pool, database)}
        began, used = time.monotonic(), cpu()
        with Transaction().start(database, 1, context=context) as transaction:
            # A transaction for every batch, so that it holds no more than one in memory.
            for count in {"parties": parties, "projects": projects}[command](pool, rest[0]):
                transaction.commit()
                result["rows"] = count
        result |= {"wall": time.monotonic() - began, "cpu": cpu() - used}
    print(json.dumps(result))


def company(pool, database):
    from trytond.transaction import Transaction
    with Transaction().start(database, 1, readonly=True):
        return pool.get("company.company").search([])[0].id


def timed_reports(pool, database, year, runs):
    from trytond.transaction import Transaction
    context, walls, used = {"company": company(pool, database)}, [], cpu()
    for _ in range(runs):
        began = time.monotonic()
        with Transaction().start(database, 1, context=context, readonly=True):
            rows = report(pool, year)
        walls.append(time.monotonic() - began)
    big = [r for r in rows if r[1]]
    return {
        "walls": walls,
        "cpu": cpu() - used,
        "count": sum(r[2] for r in rows),
        "yuan": int(sum(r[3] for r in rows)),
        "count_1yi": sum(r[2] for r in big),
        "yuan_1yi": int(sum(r[3] for r in big)),
    }


if __name__ == "__main__":
    main()
