#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""points.py SECONDS ROUNDS FILE: every load beside its yardstick, in turn; medians in FILE (JSON)."""
import json
import os
import statistics
import subprocess
import sys

from loads import CONNECTIONS, Loads

MIX = "issue=40,transfer=40,check=20"
# Of the phones, and of the yardstick: of the phones that hand on, 4.6 % own nothing and buy first.
LEDGER = {"issue": ("issue=100", "issue=100"),
          "transfer": ("transfer=100", "issue=46,transfer=954"), "mix": (MIX, MIX)}
# A check waits for a batch of the database, so 64 connections do not keep two cores busy: connections,
# and pairs in a round.  nginx is beside the first, with one thread.
CHECKS = ((CONNECTIONS, 2), (128, 1))
# Of wrk.  One sends all that it may in one go, in which a single server keeps up with it and a
# chain of them waits; two are in each other's way.
THREADS = (1, 2)
SERVERS = {"tegata": "gateway", "libmicrohttpd": "hello", "nginx": "nginx"}
HALF_PAIRS = 2  # at half load, in a round


def in_turn(number, ways):
    """Neither is always the one that comes behind the other."""
    return ways if number % 2 == 0 else ways[::-1]


def ledger_round(loads, add, number):
    loads.checkpoint()
    # Behind the checkpoint and before any load: what the yardstick hands on is in memory, as is
    # what the phones bought themselves.
    values = {name: [loads.values_make() for _ in range(1 + HALF_PAIRS)]
              for name in ("transfer", "mix")}
    for name, (mix, yardstick) in LEDGER.items():
        def measure(kind, half, rate=None, name=name, mix=mix, yardstick=yardstick):
            figures = loads.handset(mix, rate=rate) if kind == "tegata" else \
                loads.pgbench(yardstick, values[name].pop() if name in values else 0, rate)
            return add(name + half, kind, figures)["rate"]

        kinds, rates = in_turn(number, ("tegata", "pgbench")), {}
        for kind in kinds:
            loads.settle()
            rates[kind] = measure(kind, "")
        for i in range(HALF_PAIRS):
            for kind in in_turn(i, kinds):
                loads.written()
                measure(kind, " at half load", rates[kind] / 2)


def check_pair(loads, add, number, connections):
    """With one thread and with two, each kind beside the other."""
    for i, threads in enumerate(THREADS):
        nginx = ("nginx",) if (connections, threads) == (CONNECTIONS, 1) else ()
        # The yardstick of the target is beside the first, whichever way round.
        for kind in in_turn(number + i, ("tegata", "libmicrohttpd") + nginx):
            figures = loads.wrk(SERVERS[kind], 1, connections, loads.short_s(), threads)
            add(f"check, {connections} connections, wrk -t {threads}", kind, figures)


def shop_round(loads, add, number):
    for connections, pairs in CHECKS:
        for i in range(pairs):
            check_pair(loads, add, number + i, connections)
    for kind in in_turn(number, tuple(SERVERS)):
        add("checks by 100", kind, loads.wrk(SERVERS[kind], 100, seconds=loads.short_s()))
    for reuse, name in ((False, "TLS connection"), (True, "TLS connection, resumed")):
        for server, kind in in_turn(number, (("gateway", "tegata"), ("nginx", "nginx"))):
            add(name, kind, loads.connect(server, reuse))


def median(rounds):
    """Of figures that are nested alike in each round."""
    first = rounds[0]
    if isinstance(first, dict):
        return {k: median([r[k] for r in rounds]) for k in first}
    return statistics.median(rounds)


def autogroup():
    """Does the kernel give sessions their share of the CPU, and not processes?"""
    try:
        with open("/proc/sys/kernel/sched_autogroup_enabled") as f:
            return bool(int(f.read()))
    except FileNotFoundError:  # a kernel without them
        return False


def machine(loads):
    with open("/proc/cpuinfo") as f:
        model = next(line.split(":")[1].strip() for line in f if line.startswith("model name"))
    fdatasync = subprocess.run([os.environ["PG_BIN"] + "/pg_test_fsync", "-s", "1", "-f",
                                loads.dir + "/fsync"], capture_output=True, text=True).stdout
    usecs = [line.split()[-2] for line in fdatasync.splitlines()
             if line.split()[:1] == ["fdatasync"] and line.endswith("usecs/op")]
    commit = subprocess.run(["git", "describe", "--tags", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return {"cores": os.cpu_count(), "cpu": model, "load_before": os.getloadavg()[0],
            "fdatasync_us": float(usecs[0]) if usecs else None, "commit": commit,
            "postgresql": loads.sql("SHOW server_version"), "autogroup": autogroup(),
            "huge_pages": loads.sql("SHOW huge_pages")}


def main():
    seconds, rounds, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    loads = Loads(seconds)
    about = machine(loads)
    points = {}

    def add(name, kind, figures):
        points.setdefault(name, {}).setdefault(kind, []).append(figures)
        print(f"{name}, {kind}: {figures['rate']:,.0f}/s, errors {figures['errors']}",
              file=sys.stderr, flush=True)
        return figures

    parts = os.environ["BENCH_PARTS"].split()
    for number in range(rounds):
        if "ledger" in parts:
            ledger_round(loads, add, number)
        if "shops" in parts:
            shop_round(loads, add, number)
    about["autogroup"] |= autogroup()  # somebody else may have turned them on again
    result = {"machine": {**about, "load_after": os.getloadavg()[0]}, "seconds": seconds,
              "rounds": rounds,
              "points": {n: {k: median(r) for k, r in kinds.items()}
                         for n, kinds in points.items()},
              "all": points}
    with open(path, "w") as f:
        json.dump(result, f, indent=1)
    return 1 if any(r["errors"] for kinds in points.values() for all_ in kinds.values()
                    for r in all_) else 0


if __name__ == "__main__":
    sys.exit(main())
