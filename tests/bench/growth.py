#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""growth.py FILE: rates with few and with many values, open dialogues and idle connections."""
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time

from loads import HERE, IMSI, IP, MSISDN, TERMINALS, Loads
from measure import memory_kib
from open_many import Connections, Dialogues
from points import autogroup, in_turn, machine, median
from report import median_ratio

DIALOGUES, CONNECTIONS = (1, 100, 10000), (1, 100, 5000)
WAL_SIZES, WAL_SECONDS = ("512MB", "2GB", "8GB"), 30
HOT_TABLES = "'account', 'value_%', 'journal_%', 'charge_%', 'request'"


class Ledger:
    """A whole environment whose ledger holds so many values: tests/bench/growth_ledger."""

    def __init__(self, values):
        self.values = values

    def __enter__(self):
        self.process = subprocess.Popen([f"{HERE}/growth_ledger", str(self.values)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, error, *_):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()  # it cleans up behind itself
        if self.process.wait() and not error:
            code = self.process.returncode
            raise RuntimeError(f"the ledger of {self.values} values: exit code {code}")

    def ask(self, load):
        print(load, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the ledger of {self.values} values ended at {load}")
        return json.loads(answer)


class Growth:
    def __init__(self, seconds, rounds):
        self.loads, self.rounds = Loads(seconds), rounds
        self.rates, self.memory, self.held = {}, {}, {}

    def add(self, what, n, load, figures):
        if figures["errors"]:
            raise RuntimeError(f"{what} {n}, {load}: {figures['errors']} errors")
        self.rates.setdefault(what, {}).setdefault(load, {}).setdefault(n, []).append(
            {"rate": figures["rate"], "stolen": figures["stolen"]})
        print(f"{n} {what}, {load}: {figures['rate']:,.0f}/s, stolen {figures['stolen']:.1%}",
              file=sys.stderr, flush=True)

    # --- values -----------------------------------------------------------------------------

    def values(self, counts):
        """All sizes stand at once and take turns: the host is another one a minute later."""
        with contextlib.ExitStack() as stack:
            ledgers = {n: stack.enter_context(Ledger(n)) for n in counts}
            for ledger in ledgers.values():
                ledger.ask("fill")
            for i in range(self.rounds):
                # The issues last: they are what makes the small one grow.
                for load in ("list", "check", "transfer", "issue"):
                    for ledger in ledgers.values():
                        ledger.ask("settle")
                    for n in in_turn(i, counts):
                        self.add("values", n, load, ledgers[n].ask(load))
            self.held = {n: ledger.ask("settle")["values"] for n, ledger in ledgers.items()}
            for ledger in ledgers.values():
                if ledger.ask("violations")["violations"]:
                    raise RuntimeError(f"audit.violations of the ledger of {ledger.values} values")

    # --- what is open -----------------------------------------------------------------------

    def grown(self, process, n, make):
        """KiB for each of n, in a process that had no load yet: what a load frees is used again."""
        before = memory_kib(self.loads.pids[process])
        many = make()
        many.open(n)
        grown = memory_kib(self.loads.pids[process]) - before
        many.close()
        return grown / n

    def opened(self, what, process, counts, make, load):
        self.memory[what] = self.grown(process, counts[-1], make)
        for _ in range(self.rounds):
            many = make()
            for n in counts:
                many.open(n)
                self.add(what, n, *load())
            many.close()

    def dialogues(self):
        half = TERMINALS // 2
        self.opened("open dialogues", "manager", DIALOGUES,
                    lambda: Dialogues(IP, IMSI, MSISDN, half),
                    lambda: ("issue", self.loads.handset("issue=100", terminals=half)))

    def connections(self):
        self.opened("idle TLS connections", "gateway", CONNECTIONS,
                    lambda: Connections(IP, 8443),
                    lambda: ("check", self.loads.wrk("gateway", 1)))

    # --- checkpoints ------------------------------------------------------------------------

    def checkpoints(self):
        """Issues with a checkpoint every few seconds, and with hardly any."""
        count = "SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter"
        before, seconds = self.loads.sql("SHOW max_wal_size"), self.loads.seconds
        self.loads.seconds = WAL_SECONDS
        seen = {size: [] for size in WAL_SIZES}
        for _ in range(self.rounds):
            for size in WAL_SIZES:
                self.wal_size(size)
                self.loads.sql("CHECKPOINT")
                n = int(self.loads.sql(count))
                f = self.loads.handset("issue=100")
                f = {k: f[k] for k in ("rate", "p50_ms", "p99_ms", "p999_ms", "wal_per_op")}
                seen[size].append({**f, "checkpoints": int(self.loads.sql(count)) - n})
        self.wal_size(before)
        self.loads.seconds = seconds
        return {size: median(rounds) for size, rounds in seen.items()}

    def wal_size(self, size):
        for name in ("max_wal_size", "min_wal_size"):
            self.loads.sql(f"ALTER SYSTEM SET {name} = '{size}'")
        self.loads.sql("SELECT pg_reload_conf()")

    # --- autovacuum -------------------------------------------------------------------------

    def dead_share(self):
        return float(self.loads.sql(
            "SELECT coalesce(sum(n_dead_tup)::float8 / sum(n_live_tup + n_dead_tup), 0)"
            f" FROM pg_stat_user_tables WHERE relname LIKE ANY (ARRAY[{HOT_TABLES}])"))

    def vacuum(self, minutes):
        """A long mix: does autovacuum keep up, and does the rate stay?"""
        shares, over = [], threading.Event()

        def watch():
            while not over.wait(10):
                shares.append(round(self.dead_share(), 4))

        watcher = threading.Thread(target=watch)
        watcher.start()
        log = f"{self.loads.dir}/handset.log"
        at = os.path.getsize(log) if os.path.exists(log) else 0
        self.loads.seconds = 60 * minutes
        try:
            self.loads.handset("issue=40,transfer=40,check=20")
        finally:
            over.set()
            watcher.join()
        with open(log) as f:
            f.seek(at)
            rates = [int(r) for r in re.findall(r" (\d+)/s  ok", f.read())][3:]
        runs = self.loads.sql("SELECT coalesce(sum(autovacuum_count), 0) FROM pg_stat_user_tables")
        return {"minutes": minutes, "dead_share": shares, "autovacuum_runs": int(runs),
                "first_minute_rate": statistics.mean(rates[:60]),
                "last_minute_rate": statistics.mean(rates[-60:])}


def report(result):
    for what, loads in result["rates"].items():
        for load, by_n in loads.items():
            for n, figures in sorted(by_n.items()):
                ratio, of = median_ratio(figures, by_n[min(by_n)])
                rate = statistics.median(f["rate"] for f in figures)
                print(f"{n:>10,} {what:<22} {load:<8} {rate:>10,.0f}/s  {100 * (ratio - 1):+.0f} %"
                      + (f" ({of})" if n > min(by_n) else ""))
    if result["values_in_the_end"]:
        print(f"values in the end: {result['values_in_the_end']}")
    for what, kib in result["memory_kib_each"].items():
        print(f"{kib:.1f} KiB for each of the {what}")
    for size, f in result.get("checkpoints", {}).items():
        print(f"max_wal_size {size}: {f['rate']:,.0f} issues/s, p50 p99 p99.9 {f['p50_ms']:.1f} "
              f"{f['p99_ms']:.1f} {f['p999_ms']:.1f} ms, WAL {f['wal_per_op']:,.0f} octets each, "
              f"{f['checkpoints']:.0f} checkpoints in {WAL_SECONDS} s")
    if "vacuum" in result:
        v = result["vacuum"]
        print(f"{v['minutes']} minutes of the mix: {v['first_minute_rate']:,.0f}/s in the first "
              f"minute, {v['last_minute_rate']:,.0f}/s in the last, autovacuum ran "
              f"{v['autovacuum_runs']} times, dead rows at most "
              f"{100 * max(v['dead_share'], default=0):.1f} %")


def main():
    env = os.environ
    growth = Growth(int(env["BENCH_SECONDS"]), int(env["BENCH_ROUNDS"]))
    about = machine(growth.loads)
    began = time.monotonic()
    parts = env["BENCH_PARTS"].split()
    if "values" in parts:
        growth.values([int(n) for n in env["BENCH_VALUES"].split()])
    if "dialogues" in parts:
        growth.dialogues()
    if "connections" in parts:
        growth.connections()
    about["autogroup"] |= autogroup()  # somebody else may have turned them on again
    result = {"machine": about, "rates": growth.rates, "memory_kib_each": growth.memory,
              "values_in_the_end": growth.held}
    if "checkpoints" in parts:
        result["checkpoints"] = growth.checkpoints()
    if int(env["BENCH_VACUUM_MINUTES"]):
        result["vacuum"] = growth.vacuum(int(env["BENCH_VACUUM_MINUTES"]))
    result["took_s"] = round(time.monotonic() - began)
    with open(sys.argv[1], "w") as f:
        json.dump(result, f, indent=1)
    report(result)


if __name__ == "__main__":
    main()
