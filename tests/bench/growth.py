#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""growth.py PART JSON: rates with few and with many values, open dialogues or idle connections, or
what long loads do.  Adds to JSON, so that a part that fails loses no other's figures."""
import contextlib
import json
import os
import signal
import subprocess
import sys

from growth_long import checkpoints, vacuum
from loads import HERE, IMSI, IP, MSISDN, TERMINALS, Loads
from measure import memory_kib
from open_many import Connections, Dialogues
from points import autogroup, in_turn, machine

DIALOGUES, CONNECTIONS = (1, 100, 10000), (1, 100, 5000)
KEPT = ("rate", "stolen", "p50_ms", "p99_ms", "wal_per_op", "cpu_us")


class Rates(dict):
    """{load: {how many there are of what grows: figures of each round}}"""

    def add(self, n, load, figures):
        if figures["errors"]:
            raise RuntimeError(f"{load} with {n}: {figures['errors']} errors")
        self.setdefault(load, {}).setdefault(n, []).append({k: figures[k] for k in KEPT})
        print(f"{n:,}, {load}: {figures['rate']:,.0f}/s, stolen {figures['stolen']:.1%}",
              file=sys.stderr, flush=True)


# --- values ---------------------------------------------------------------------------------


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


def values_round(ledgers, number, rates):
    # The issues last: they are what makes the small one grow.
    for load in ("list", "check", "transfer", "issue"):
        for ledger in ledgers.values():
            ledger.ask("settle")
        for n in in_turn(number, tuple(ledgers)):
            rates.add(n, load, ledgers[n].ask(load))


def values(_loads, rounds):
    """All sizes stand at once and take turns: the host is another one a minute later."""
    counts, rates = [int(n) for n in os.environ["BENCH_VALUES"].split()], Rates()
    with contextlib.ExitStack() as stack:
        ledgers = {n: stack.enter_context(Ledger(n)) for n in counts}
        huge = {ledger.ask("fill")["huge_pages"] for ledger in ledgers.values()}
        if len(huge) > 1:
            raise RuntimeError("huge pages for one of the ledgers only: BENCH_KERNEL=keep uses none")
        for load in ("transfer", "issue"):  # not counted: what was filled in bulk is in no cache
            for ledger in ledgers.values():
                ledger.ask(load)
        for i in range(rounds):
            values_round(ledgers, i, rates)
        held = {n: ledger.ask("settle")["values"] for n, ledger in ledgers.items()}
        for ledger in ledgers.values():
            if ledger.ask("violations")["violations"]:
                raise RuntimeError(f"audit.violations of the ledger of {ledger.values} values")
    return {"rates": rates, "values_in_the_end": held, "huge_pages": huge.pop()}


# --- what is open ---------------------------------------------------------------------------


def grown(loads, process, n, make):
    """KiB for each of n, in a process that had no load yet: what a load frees is used again."""
    before = memory_kib(loads.pids[process])
    many = make()
    many.open(n)
    kib = memory_kib(loads.pids[process]) - before
    many.close()
    return kib / n


def opened(loads, process, counts, make, load, rounds):
    """load: (its name, what runs it)"""
    name, run = load
    rates, kib = Rates(), grown(loads, process, counts[-1], make)
    for i in range(rounds):
        for n in in_turn(i, counts):
            many = make()
            many.open(n)
            rates.add(n, name, run())
            many.close()
    return {"rates": rates, "kib_each": kib}


def dialogues(loads, rounds):
    half = TERMINALS // 2
    return opened(loads, "manager", DIALOGUES, lambda: Dialogues(IP, IMSI, MSISDN, half),
                  ("issue", lambda: loads.handset("issue=100", terminals=half)), rounds)


def connections(loads, rounds):
    return opened(loads, "gateway", CONNECTIONS, lambda: Connections(IP, 8443),
                  ("check", lambda: loads.wrk("gateway", 1)), rounds)


PARTS = {"values": values, "dialogues": dialogues, "connections": connections,
         "checkpoints": checkpoints, "vacuum": vacuum}


def measured(part, seconds, rounds):
    loads = Loads(seconds)
    about = machine(loads)
    result = PARTS[part](loads, rounds)
    about["autogroup"] |= autogroup()  # somebody else may have turned them on again
    return {"machine": about, "seconds": seconds, "rounds": rounds, **result}


def main():
    part, path = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # loads and ledgers end with it
    result = measured(part, int(os.environ["BENCH_SECONDS"]), int(os.environ["BENCH_ROUNDS"]))
    parts = {}
    with contextlib.suppress(FileNotFoundError), open(path) as f:
        parts = json.load(f)
    with open(path + ".new", "w") as f:
        json.dump({**parts, part: result}, f, indent=1)
    os.rename(path + ".new", path)


if __name__ == "__main__":
    main()
