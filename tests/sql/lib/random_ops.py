#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many psql sessions do everything at once over few terminals and values, and
write down what each was told; then the database and that ledger are compared,
both ways.

usage: random_ops.py DATABASE SEED SECONDS      TAP on stdout
"""
import collections
import os
import random
import subprocess
import sys
import threading
import time

DB, SEED, SECONDS = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
WORKERS = 8
OK, PENDING, AGAIN, MAINTENANCE, CONFLICT, SUSPECTED, ID_TAKEN = 0, 1, 10, 13, 20, 21, 63
NOT_KEPT = (AGAIN, MAINTENANCE, CONFLICT, SUSPECTED, ID_TAKEN)
PHONES = ["81900000010%d" % n for n in range(4)]
SHOP = "3344"


class Lost(Exception):
    """The connection broke: what was asked may have been done."""


class Failed(Exception):
    """The statement was rolled back; its SQLSTATE."""


class Session:
    def __init__(self, user="postgres"):
        self.user = user
        self.open()

    def open(self):
        env = dict(os.environ, PGOPTIONS="-c search_path=tegata,public -c statement_timeout=20s"
                   " -c client_min_messages=error", PGUSER=self.user)
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-d", DB, "-v", "VERBOSITY=sqlstate"], env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1)

    def close(self):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait()

    def ask(self, sql):
        rows, state = [], None
        try:
            self.psql.stdin.write(sql + ";\n\\echo .\n")
            self.psql.stdin.flush()
        except OSError:
            pass
        for line in self.psql.stdout:
            line = line.rstrip("\n")
            if line == ".":
                if state:
                    raise Failed(state)
                return rows
            if "server closed" in line or "terminating" in line or "57P01" in line:
                break
            if "ERROR:" in line:
                state = state or line.split("ERROR:")[1].strip()
            else:
                rows.append(line.split("|"))
        self.psql.kill()
        self.close()
        self.open()
        raise Lost()


class World:
    """What is known to all, and what was told."""
    def __init__(self):
        self.lock = threading.Lock()
        self.terminals = []  # every terminal id there is, whatever its status
        self.values = {}  # value id -> who may own it
        self.requests = []  # all, for repetitions
        self.told = collections.defaultdict(list)  # (actor, request id) -> [(args, answer)]
        self.errors = collections.Counter()
        self.outcomes = collections.Counter()
        self.topped = collections.Counter()
        self.wrong = []
        self.n_ids = 0
        self.stop = False

    def request_id(self):
        with self.lock:
            self.n_ids += 1
            ms = int(time.time() * 1000)
            return "%08x-%04x-7000-8000-%012x" % (ms >> 16, ms & 0xffff, self.n_ids)

    def note(self, request, answer):
        key = (request["actor"], request["id"])
        with self.lock:
            self.outcomes[answer[0]] += 1
            self.told[key].append((request["args"], answer))


world = World()


def literal(items, kind):
    return "ARRAY[%s]::%s[]" % (",".join("NULL" if i is None else "'%s'" % i for i in items), kind)


def column(batch, name, kind):
    return literal([r[name] for r in batch], kind)


def statement(batch):
    common = "%s,%s" % (column(batch, "id", "uuid"), column(batch, "actor", "bigint"))
    tail = "%s,%s" % (column(batch, "guard", "int"), literal(["random"] * len(batch), "text"))
    if batch[0]["op"] == "issue":
        return ("SELECT ord, outcome, repeated, value_id, amount, fee, at FROM value_issue(%s,%s,%s,%s,%s,%s)"
                % (common, column(batch, "product", "text"), column(batch, "amount", "bigint"),
                   literal([None] * len(batch), "bigint"), column(batch, "value", "bigint"), tail))
    return ("SELECT ord, outcome, repeated, value_id, amount, transferee_id, at FROM value_transfer(%s,%s,%s,%s,%s,%s)"
            % (common, column(batch, "value", "bigint"), column(batch, "te_id", "bigint"),
               column(batch, "te", "text"), column(batch, "ref", "text"), tail))


def run(session, batch, rng, lost=False):
    """Until each of the batch has an answer; as the manager does it."""
    while True:
        try:
            sql = statement(batch)
            if rng.random() < 0.2:  # a commit that takes its time
                sql = "BEGIN;\n%s;\nSELECT FROM pg_sleep(%f);\nCOMMIT" % (sql, rng.uniform(0.002, 0.03))
            rows = [r for r in session.ask(sql) if len(r) > 1]
        except Lost:
            lost = True
            world.errors["lost"] += 1
            continue
        except Failed as e:
            world.errors[str(e)] += 1
            if str(e) not in ("23505", "40P01", "57014"):
                world.wrong.append("%s: %s" % (e, statement(batch)[:300]))
                return
            if str(e) == "23505" and len(batch) > 1:
                for r in batch:
                    run(session, [r], rng, lost)
                return
            continue
        break
    if sorted(int(r[0]) for r in rows) != list(range(1, len(batch) + 1)):
        world.wrong.append("rows %s of %d" % (rows, len(batch)))
        return
    for row in rows:
        request = batch[int(row[0]) - 1]
        outcome = int(row[1])
        world.note(request, (outcome, row[2] == "t", row[3], row[4], row[5], row[6]))
        if outcome in (AGAIN, MAINTENANCE, SUSPECTED) and lost:
            time.sleep(0.01)
            run(session, [request], rng, True)
        elif outcome == AGAIN and rng.random() < 0.9:
            time.sleep(0.002)
            run(session, [request], rng)
        elif outcome == ID_TAKEN:
            request["value"] = draw(request["actor"], rng)
            run(session, [request], rng, lost)
        elif outcome == OK and request["op"] == "issue":
            with world.lock:
                world.values.setdefault(row[3], request["actor"])
        elif outcome == OK:
            with world.lock:
                world.values[row[3]] = row[5]


TODAY = int(time.time() // 86400) - 18262


def draw(actor, rng):
    return (TODAY << 48) | ((int(actor) & 63) << 42) | rng.getrandbits(11 if rng.random() < 0.2 else 42)


def new_issue(rng):
    actor = rng.choice(world.terminals)
    product = rng.choice(["plain", "plain", "cash", "capped", "capped", "capped", "external", "none"])
    amount = rng.choice([1, 5, 100, 500, 500, 600, 900, 0, -5])
    return {"op": "issue", "id": world.request_id(), "actor": actor, "product": product, "amount": amount,
            "value": draw(actor, rng), "guard": rng.choice([0, 0, 0, 1]), "args": ("issue", product, amount)}


def new_transfer(rng):
    with world.lock:
        value = rng.choice(list(world.values)) if world.values else 1
        owner = world.values.get(value)
    actor = owner if owner and rng.random() < 0.8 else rng.choice(world.terminals)
    te = rng.choice(PHONES + [SHOP, "999999999"])
    ref = rng.choice(["", "a"])
    return {"op": "transfer", "id": world.request_id(), "actor": actor, "value": value, "te": te,
            "te_id": rng.choice([0, 0, world.te_ids.get(te, 0)]), "ref": ref, "guard": rng.choice([0, 0, 0, 1]),
            "args": ("transfer", str(value), te, ref)}


def repeated(op, rng):
    with world.lock:
        if not world.requests:
            return None
        old = rng.choice(world.requests[-300:])
    if old["op"] == op:
        return dict(old)
    other = new_issue(rng) if op == "issue" else new_transfer(rng)
    other["id"], other["actor"] = old["id"], old["actor"]
    if op == "issue":
        other["value"] = draw(other["actor"], rng)
    return other


def worker(n):
    rng = random.Random(SEED * 1000 + n)
    session = Session("tegata_ledger")
    while not world.stop:
        op = rng.choice(["issue", "transfer", "transfer"])
        batch = []
        for _ in range(rng.choice([1, 1, 2, 5, 12])):
            r = repeated(op, rng) if rng.random() < 0.2 else None
            batch.append(r or (new_issue(rng) if op == "issue" else new_transfer(rng)))
        if rng.random() < 0.1:
            batch.append(dict(batch[0]))
        with world.lock:
            world.requests.extend(batch)
        run(session, batch, rng)
        if world.values and rng.random() < 0.2:
            owners(session, rng)
    session.close()


def owners(session, rng):
    """All terminals ask at once whether they own one value."""
    with world.lock:
        value, ids = rng.choice(list(world.values)), sorted(set(world.terminals))
        n = len(ids)
    try:
        rows = session.ask("SELECT asker FROM ownership_check(%s,%s,%s,%s,%s) WHERE ord > 0" % (
            literal(ids, "bigint"), literal([None] * n, "bytea"), literal(["check"] * n, "text"),
            literal(range(1, n + 1), "int"), literal([value] * n, "bigint")))
        if len(rows) > 1:
            world.wrong.append("%s has owners %s" % (value, rows))
    except Lost:
        pass


def operator():
    rng = random.Random(SEED)
    session = Session()
    settle = 0
    refresh(session)
    while not world.stop:
        number, n = rng.choice(PHONES), rng.randrange(1 << 30)
        act = rng.choice(["top"] * 6 + ["block", "unblock", "unblock", "sim", "sim", "swap", "swap", "swap", "recycle",
                          "retire", "partitions", "cap", "settle", "settle", "pay back"] + ["maintenance"] * (rng.random() < 0.2))
        if act in ("block", "recycle", "sim", "cap") and rng.random() < 0.6:
            continue
        sql = {
            "block": "SELECT outcome FROM operator_terminal_status('{%s}', 'block', 'x')" % number,
            "unblock": "SELECT outcome FROM operator_terminal_status('{%s}', 'unblock', 'x')" % number,
            "retire": "SELECT outcome FROM operator_terminal_status('{%s}', 'retire', 'x')" % number,
            "sim": "SELECT outcome FROM terminal_enter('{44%013d}', '{%s}', '{t}')" % (n, number),
            "swap": "SELECT outcome FROM operator_terminal_swap('{%s}', '{NULL}', 'x')" % number,
            "recycle": "SELECT outcome FROM operator_terminal_recycle('{%s}', ARRAY[(SELECT imsi FROM terminal WHERE address = '%s'"
                       " AND status <> 4 ORDER BY quarantined_at DESC LIMIT 1)], 'x')" % (number, number),
            "pay back": "SELECT outcome FROM operator_account_settle('{%s}', '{NULL}', '{s%d}', 'x')" % (number, n),
            "cap": "SELECT outcome FROM operator_product_set('capped', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
                   " NULL, NULL, 1000, NULL, NULL, %s, NULL, 'x')" % rng.choice(["true", "false"]),
            "partitions": "SELECT partition_ensure(%d)" % rng.choice([40, 70, 100]),
        }.get(act)
        try:
            if act == "top":
                currency, amount = rng.choice(["JPY", "EUR"]), rng.choice([1, 500, 3000])
                ref = "r%d" % rng.randrange(400)
                row = session.ask("SELECT outcome, repeated FROM operator_top_up('{%s}', '{%s}', '{%d}', '{%s}', 'x')"
                                  % (number, currency, amount, ref))[0]
                if row == ["0", "f"]:
                    world.topped[currency] += amount
            elif act == "maintenance":
                session.ask("SELECT operator_maintenance(true, 'x')")
                time.sleep(0.02)
                session.ask("SELECT operator_maintenance(false, 'x')")
            elif act == "settle":
                rows = session.ask("SELECT value_id FROM value WHERE state = 0 LIMIT 20")
                if rows:
                    ids = [r[0] for r in rows]
                    session.ask("SELECT * FROM value_issue_settle(%s, %s)" % (
                        literal(ids, "bigint"), literal([rng.choice("tf") for _ in ids], "boolean")))
            elif act == "sim":
                session.ask(sql)
                session.ask("SELECT outcome FROM operator_top_up('{%s}', '{JPY}', '{3000}', '{n%d}', 'x')" % (number, n))
                world.topped["JPY"] += 3000
            else:
                session.ask(sql)
        except Failed as e:
            world.errors["operator %s %s" % (act, e)] += 1
            if str(e) not in ("40P01", "23505"):
                world.wrong.append("%s: %s" % (act, e))
        refresh(session)
    session.close()


def refresh(session):
    rows = session.ask("SELECT terminal_id, address, status FROM terminal WHERE kind = 1 OR address = '%s'"
                       " ORDER BY status = 4, terminal_id DESC LIMIT 16" % SHOP)
    world.te_ids = {r[1]: r[0] for r in rows if r[2] in "12"}
    # The living twice, so that they do most of it.
    world.terminals = [r[0] for r in rows] + [r[0] for r in rows if r[2] == "1"] * 3


def chaos():
    rng = random.Random(SEED + 7)
    session = Session()
    while not world.stop:
        time.sleep(rng.uniform(0.05, 0.3))
        session.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tegata_ledger'"
                    " AND datname = current_database() AND state = 'active' ORDER BY random() LIMIT 1")
    session.close()


# --- afterwards ------------------------------------------------------------------------------

def compare_answers():
    """The first answer never changes, and is first once."""
    final = {}
    for key, answers in world.told.items():
        kept = {}
        for args, answer in answers:
            if answer[0] in NOT_KEPT:
                continue
            kept.setdefault(args, []).append(answer)
        if len(kept) > 1:
            world.wrong.append("%s: two sets of arguments were answered: %s" % (key, kept))
        for args, list_ in kept.items():
            if args[1] == "external":
                list_ = [(OK,) + a[1:] if a[0] in (PENDING, 55) else a for a in list_]
            if len({(a[0],) + a[2:] for a in list_}) > 1:
                world.wrong.append("%s %s: the answer changed: %s" % (key, args, set(list_)))
            if sum(not a[1] for a in list_) > 1:
                world.wrong.append("%s %s: first twice: %s" % (key, args, list_))
            final[key] = (args, list_[0])
    return final


def compare_books(final, session):
    stored = {(r[0], r[1]): r for r in session.ask(
        "SELECT actor_id, request_id, operation, outcome, value_id, amount, fee FROM request")}
    for key in set(stored) | set(final):
        if key not in final or key not in stored:
            world.wrong.append("%s: told %s, stored %s" % (key, final.get(key), stored.get(key)))
        elif final[key][0][1] != "external" and int(stored[key][3]) != final[key][1][0]:
            world.wrong.append("%s: told %s, stored %s" % (key, final[key], stored[key]))
    effects = {(r[0], r[1]) for r in session.ask("SELECT actor_id, request_id FROM journal WHERE actor_id IS NOT NULL")}
    told = {key for key, (args, a) in final.items() if a[0] == OK or (args[1] == "external" and key in effects)}
    world.wrong += ["effect and answer differ: %s" % (k,) for k in effects ^ told]
    for currency in ("JPY", "EUR"):
        spent = sum(int(a[3]) + int(a[4]) for args, a in final.values() if args[0] == "issue" and a[0] == OK
                    and args[1] in (("plain", "cash") if currency == "JPY" else ("capped",)))
        has = int(session.ask("SELECT sum(balance - accrued) FROM account WHERE currency = '%s'" % currency)[0][0])
        back = int(session.ask("SELECT coalesce(sum(CASE kind WHEN 5 THEN amount ELSE -amount END), 0) FROM charge"
                               " WHERE kind IN (5, 9) AND currency = '%s'" % currency)[0][0])
        if has != world.topped[currency] - spent - back:
            world.wrong.append("%s: paid in %d, spent %d, paid back %d, left %d"
                               % (currency, world.topped[currency], spent, back, has))


def compare_limits(session):
    """Of terminals that no swap has given another's accounts and values."""
    own = ("terminal_id IN (SELECT terminal_id FROM terminal WHERE kind = 1) AND NOT EXISTS (SELECT FROM charge c"
           " WHERE c.kind = 8 AND terminal_id IN (c.debit_account, c.credit_account)) AND NOT EXISTS"
           " (SELECT FROM journal j WHERE j.operation = 4 AND j.owner_id = terminal_id)")
    world.wrong += ["owes too much: %s" % r for r in session.ask(
        "SELECT * FROM account WHERE accrued > CASE mode WHEN 1 THEN 0 ELSE credit_limit END AND " + own)]
    world.wrong += ["holds too much: %s" % r for r in session.ask(
        "SELECT * FROM (SELECT owner_id AS terminal_id, sum(amount) AS amount FROM value"
        " WHERE state IN (0, 1, 2) AND currency = 'EUR' GROUP BY 1) h WHERE amount > 1000 AND " + own)]


def main():
    session = Session()
    for row in session.ask("SELECT currency, sum(balance) FROM account GROUP BY 1"):
        world.topped[row[0]] += int(row[1])
    session.ask("UPDATE setting SET value = '0' WHERE name = 'swap_freeze_hours'")
    session.ask("SELECT operator_terminal_import(%s, %s, %s, %s, %s, %s, 'x')" % (
        literal(PHONES, "text"), literal(["4420000000000%02d" % n for n in range(4)], "text"),
        literal(["prepaid", "postpaid"] * 2, "text"), literal([None, 3000, None, 3000], "bigint"),
        literal([None] * 4, "text"), literal([None] * 4, "text")))
    for currency in ("JPY", "EUR"):
        session.ask("SELECT operator_top_up(%s, %s, %s, %s, 'x')" % (
            literal(PHONES, "text"), literal([currency] * 4, "text"), literal([2000] * 4, "bigint"),
            literal(["s%s%d" % (currency, n) for n in range(4)], "text")))
        world.topped[currency] += 8000
    refresh(session)
    threads = [threading.Thread(target=worker, args=(n,)) for n in range(WORKERS)]
    threads += [threading.Thread(target=operator), threading.Thread(target=chaos)]
    for t in threads:
        t.start()
    time.sleep(SECONDS)
    world.stop = True
    for t in threads:
        t.join()
    session.ask("SELECT operator_maintenance(false, 'x')")
    final = compare_answers()
    compare_books(final, session)
    compare_limits(session)
    world.wrong += ["violation: %s" % r for r in session.ask("SELECT * FROM audit.violations")]
    print("# %d requests, %d done, answers %s, errors %s" % (
        len(world.told), sum(a[0] == OK for _, a in final.values()), dict(world.outcomes), dict(world.errors)))
    for line in world.wrong[:20]:
        print("# %s" % line)
    print("%sok 1 - what was told and what is stored agree (seed %d)" % ("not " if world.wrong else "", SEED))
    enough = sum(a[0] == OK for _, a in final.values()) > 50 and world.errors["lost"] > 0
    print("%sok 2 - and much was done" % ("" if enough else "not "))
    print("1..2")
    session.close()


main()
