#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""points.py SECONDS ROUNDS FILE: every load beside its yardstick, in turn; medians in FILE (JSON)."""
import json
import os
import statistics
import subprocess
import sys

from loads import Loads

MIX = "issue=40,transfer=40,check=20"
LEDGER = {"issue": "issue=100", "transfer": "transfer=100", "mix": MIX}
# A check waits for a batch of the database, so 64 connections do not keep two cores busy.
CHECKS = ((1, 64, "check"), (1, 128, "check, 128 connections"),
          (1, 256, "check, 256 connections"), (100, 64, "checks by 100"))


def ledger_round(loads, add):
    for name, mix in LEDGER.items():
        loads.settle()
        mine = add(name, "tegata", loads.handset(mix))
        yardstick = add(name, "pgbench", loads.pgbench(mix))
        if name != "transfer":
            add(name + " at half load", "tegata", loads.handset(mix, rate=mine["rate"] / 2))
            add(name + " at half load", "pgbench", loads.pgbench(mix, rate=yardstick["rate"] / 2))


def shop_round(loads, add):
    for items, connections, name in CHECKS:
        for server, kind in (("gateway", "tegata"), ("hello", "libmicrohttpd"), ("nginx", "nginx")):
            if server != "nginx" or connections == CHECKS[0][1]:
                add(name, kind, loads.wrk(server, items, connections))
    for reuse, name in ((False, "TLS connection"), (True, "TLS connection, resumed")):
        for server, kind in (("gateway", "tegata"), ("nginx", "nginx")):
            add(name, kind, loads.connect(server, reuse))


def median(rounds):
    """Of figures that are nested alike in each round."""
    first = rounds[0]
    if isinstance(first, dict):
        return {k: median([r[k] for r in rounds]) for k in first}
    return statistics.median(rounds)


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
            "postgresql": loads.sql("SHOW server_version")}


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
    for _ in range(rounds):
        if "ledger" in parts:
            ledger_round(loads, add)
        if "shops" in parts:
            shop_round(loads, add)
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
