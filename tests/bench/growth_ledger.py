#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""growth_ledger.py VALUES: answers each line of standard input with the figures of that load, as
JSON.  "fill" makes the ledger hold so many values, "settle" comes before each load and says how
many there are, "violations" comes last."""
import json
import os
import sys

from loads import Loads

CHUNK = 500000
FIRST = 1 << 30  # away from what the loads draw


def fill(loads, until):
    have = int(loads.sql("SELECT count(*) FROM tegata.value"))
    while have < until:
        n = min(CHUNK, until - have)
        loads.values_add(FIRST + have, n)
        have += n
    loads.settle()
    loads.checkpoint()
    return {"values": have, "huge_pages": loads.sql("SHOW huge_pages")}


def settle(loads):
    loads.settle()
    return {"values": int(loads.sql("SELECT count(*) FROM tegata.value"))}


def violations(loads):
    return {"violations": int(loads.sql("SET jit = off; SELECT count(*) FROM audit.violations"))}


def main():
    loads = Loads(int(os.environ["BENCH_SECONDS"]))
    until = int(sys.argv[1])
    other = {"fill": lambda: fill(loads, until), "settle": lambda: settle(loads),
             "violations": lambda: violations(loads), "check": lambda: loads.wrk("gateway", 1)}
    for line in sys.stdin:
        load = line.strip()
        figures = other[load]() if load in other else loads.handset(f"{load}=100")
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
