#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""growth_report.py JSON: what growth.py found, as a table on standard output."""
import json
import statistics
import sys

from report import median_ratio

WHAT = {"values": "values", "dialogues": "open dialogues", "connections": "idle TLS connections"}


def rates(what, loads):
    for load, by_n in loads.items():
        first = by_n[min(by_n, key=int)]
        for n in sorted(by_n, key=int):
            figures = by_n[n]
            ratio, of = median_ratio(figures, first)
            rate = statistics.median(f["rate"] for f in figures)
            beside = "" if figures is first else (
                f"  {100 * (ratio - 1):+.0f} % ({of}: "
                + " ".join(f"{a['rate'] / b['rate']:.2f}" for a, b in zip(figures, first)) + ")")
            print(f"{int(n):>10,} {what:<20} {load:<8} {rate:>8,.0f}/s{beside}")


def checkpoints(part):
    for size, f in part["sizes"].items():
        print(f"max_wal_size {size}: {f['rate']:,.0f} issues/s, p50 p99 p99.9 {f['p50_ms']:.1f} "
              f"{f['p99_ms']:.1f} {f['p999_ms']:.1f} ms, WAL {f['wal_per_op']:,.0f} octets each, "
              f"{f['checkpoints']:.0f} checkpoints in {part['load_s']} s")


def vacuum(part):
    shares = part["dead_share"]
    print(f"{part['minutes']} minutes of the mix: {', '.join(f'{r:,}' for r in part['rates'])}/s in "
          f"each; autovacuum ran {part['autovacuum_runs']} times, dead rows at most "
          f"{100 * max(shares, default=0):.1f} %, in the second half "
          f"{100 * max(shares[len(shares) // 2:], default=0):.1f} %")


def main():
    with open(sys.argv[1]) as f:
        parts = json.load(f)
    for name, part in parts.items():
        if name in WHAT:
            rates(WHAT[name], part["rates"])
            if "kib_each" in part:
                print(f"{part['kib_each']:.2f} KiB for each of the {WHAT[name]}")
            if "values_in_the_end" in part:
                print(f"values in the end: {part['values_in_the_end']}, "
                      f"huge pages {part['huge_pages']}")
        else:
            {"checkpoints": checkpoints, "vacuum": vacuum}[name](part)


if __name__ == "__main__":
    main()
