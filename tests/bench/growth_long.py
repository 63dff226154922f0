# SPDX-License-Identifier: AGPL-3.0-or-later
"""What only a long load shows: checkpoints, and whether autovacuum keeps up."""
import os
import re
import statistics
import threading

from loads import WARMUP_S
from points import MIX, median

WAL_SIZES, WAL_SECONDS = ("512MB", "2GB", "8GB"), 30
HOT_TABLES = "'account', 'value_%', 'journal_%', 'charge_%', 'request'"
LOOK_EVERY_S = 10


def without_errors(figures):
    if figures["errors"]:
        raise RuntimeError(f"{figures['errors']} errors")
    return figures


def wal_size(loads, size):
    for name in ("max_wal_size", "min_wal_size"):
        loads.sql(f"ALTER SYSTEM SET {name} = '{size}'")
    loads.sql("SELECT pg_reload_conf()")


def checkpoints(loads, rounds):
    """Issues with a checkpoint every few seconds, and with hardly any."""
    count = "SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter"
    loads.seconds = WAL_SECONDS
    seen = {size: [] for size in WAL_SIZES}
    for _ in range(rounds):
        for size in WAL_SIZES:
            wal_size(loads, size)
            loads.sql("CHECKPOINT")
            n = int(loads.sql(count))
            f = without_errors(loads.handset("issue=100"))
            f = {k: f[k] for k in ("rate", "p50_ms", "p99_ms", "p999_ms", "wal_per_op")}
            seen[size].append({**f, "checkpoints": int(loads.sql(count)) - n})
    return {"load_s": WAL_SECONDS, "sizes": {size: median(f) for size, f in seen.items()}}


def dead_share(loads):
    return float(loads.sql(
        "SELECT coalesce(sum(n_dead_tup)::float8 / sum(n_live_tup + n_dead_tup), 0)"
        f" FROM pg_stat_user_tables WHERE relname LIKE ANY (ARRAY[{HOT_TABLES}])"))


def progress(loads):
    """Dialogues of each second, from what the load generator told meanwhile."""
    with open(f"{loads.dir}/handset.log") as f:
        return [int(r) for r in re.findall(r" (\d+)/s  ok", f.read())]


def vacuum(loads, _rounds):
    """A long mix: does autovacuum keep up, and does the rate stay?"""
    minutes = int(os.environ["BENCH_VACUUM_MINUTES"])
    shares, over = [], threading.Event()

    def watch():
        while not over.wait(LOOK_EVERY_S):
            shares.append(round(dead_share(loads), 4))

    watcher = threading.Thread(target=watch)
    watcher.start()
    loads.seconds = 60 * minutes
    try:
        without_errors(loads.handset(MIX))
    finally:
        over.set()
        watcher.join()
    rates = progress(loads)[WARMUP_S + 1:]
    runs = loads.sql("SELECT coalesce(sum(autovacuum_count), 0) FROM pg_stat_user_tables")
    return {"minutes": minutes, "dead_share": shares, "autovacuum_runs": int(runs),
            "rates": [round(statistics.mean(rates[60 * i:60 * (i + 1)])) for i in range(minutes)]}
