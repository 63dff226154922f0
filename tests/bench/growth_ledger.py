#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""growth_ledger.py VALUES: answers each line of standard input with the figures of that load, as
JSON; "fill" makes the ledger hold so many values."""
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
    return {"values": have}


def main():
    loads = Loads(int(os.environ["BENCH_SECONDS"]))
    for line in sys.stdin:
        load = line.strip()
        if load == "fill":
            figures = fill(loads, int(sys.argv[1]))
        elif load == "check":
            figures = loads.wrk("gateway", 1)
        else:
            figures = loads.handset(f"{load}=100")
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
