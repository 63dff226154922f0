#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""report.py JSON SVG: the table on standard output, the ratios as a picture."""
import json
import statistics
import sys
from html import escape

# Of the issue that asked for them: what counts is the ratio of rates.
TARGETS = {"issue": 5.0, "transfer": 5.0, "mix": 5.0,
           **{f"check, {n} connections, wrk -t {t}": 0.5 for n in (64, 128) for t in (1, 2)}}
CHECK_ITEM_CPU_US = 12
LATENCY_TIMES, LATENCY_PLUS_MS = 2, 2
OURS = ("manager", "gateway", "postgres")
# Of the machine's CPU that its host gave to others meanwhile: more, and the host is what is measured.
STOLEN_MAX = 0.02
PAIRS_MIN = 2


def quiet_pairs(mine, theirs):
    """(pairs, which ones they are).  What stood side by side had the same host, which is another one
    a minute later.  Pairs that the host disturbed are left out where enough others are there."""
    pairs = list(zip(mine, theirs))
    quiet = [p for p in pairs if max(f["stolen"] for f in p) <= STOLEN_MAX]
    if len(quiet) < PAIRS_MIN:
        return pairs, f"all {len(pairs)}, {len(quiet)} quiet"
    return quiet, f"{len(quiet)} quiet of {len(pairs)}"


def median_ratio(mine, theirs):
    """(median of the pairs' ratios of rates, of which pairs)"""
    pairs, of = quiet_pairs(mine, theirs)
    return statistics.median(m["rate"] / t["rate"] for m, t in pairs), of


def latency_share(mine, theirs):
    """(median share of what each pair's yardstick allows that p99 is, text with the shares)"""
    pairs, of = quiet_pairs(mine, theirs)
    shares = sorted(m["p99_ms"] / (LATENCY_TIMES * t["p99_ms"] + LATENCY_PLUS_MS)
                    for m, t in pairs)
    return statistics.median(shares), f"{of}: {' '.join(f'{s:.2f}' for s in shares)}"


def ratios(rounds):
    """(name, yardstick, median ratio, of which pairs) of all that are not paced."""
    for name, kinds in rounds.items():
        if "half" not in name:
            for kind, figures in kinds.items():
                if kind != "tegata":
                    yield name, kind, *median_ratio(kinds["tegata"], figures)


def cells(name, kind, f, ratio):
    cpu = "  ".join(f"{n} {us:.1f}" for n, us in f["cpu_us"].items())
    wal = f"{f['wal_per_op']:,.0f}" if "postgres" in f["cpu_us"] else ""
    ms = "  ".join(f"{f[p]:.2f}" for p in ("p50_ms", "p99_ms", "p999_ms")) if "p50_ms" in f else ""
    memory = "  ".join(f"{n} {kib / 1024:.0f}" for n, kib in f["memory_kib"].items())
    return [name, kind, f"{f['rate']:,.0f}", f"{ratio[0]:.2f} ({ratio[1]})" if ratio else "", ms, cpu,
            wal, memory, f"{100 * f['stolen']:.1f}"]


def table(points, rounds):
    ratio_of = {(name, kind): (ratio, of) for name, kind, ratio, of in ratios(rounds)}
    rows = [["load", "by", "per s", "tegata is", "p50 p99 p99.9 ms", "CPU us an operation",
             "WAL octets", "memory MiB", "stolen %"]]
    for name, kinds in points.items():
        for kind, figures in kinds.items():
            rows.append(cells(name, kind, figures, ratio_of.get((name, kind))))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip())


def verdicts(points, rounds):
    def say(what, is_value, target, met):
        print(f"{'met   ' if met else 'MISSED'}  {what}: {is_value} (target {target})")

    for name, kind, ratio, of in ratios(rounds):
        if name in TARGETS and kind != "nginx":
            say(f"{name} beside {kind}", f"{ratio:.3f} times (median of {of})", TARGETS[name],
                ratio >= TARGETS[name])
    if "checks by 100" in points:
        cpu = points["checks by 100"]["tegata"]["cpu_us"]
        us = sum(cpu[n] for n in OURS)
        say("CPU an item of checks by 100", f"{us:.1f} us, {us + cpu['wrk']:.1f} with wrk",
            CHECK_ITEM_CPU_US, us + cpu["wrk"] <= CHECK_ITEM_CPU_US)
    for name, kinds in rounds.items():
        if "half" in name:
            share, of = latency_share(kinds["tegata"], kinds["pgbench"])
            say(f"{name}, p99", f"{share:.2f} of what is allowed beside the yardstick's ({of})",
                "1", share <= 1)


def svg(result, path):
    """Rates as shares of what is wanted of them, so that one scale is right for all; in figures how
    many times the yardstick's they are."""
    bars = [(name, kind, ratio, TARGETS.get(name) if kind != "nginx" else None)
            for name, kind, ratio, _ in ratios(result["all"])]
    scale = 460 / max([ratio / (target or 1) for _, _, ratio, target in bars] + [1])
    height = 60 + 30 * len(bars)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{height}" '
           'font-family="sans-serif" font-size="13">',
           '<rect width="100%" height="100%" fill="white"/>',
           '<text x="20" y="24" font-size="15">Rate in multiples of the yardstick of the same run '
           f'({escape(result["machine"]["commit"])}); black line: target, without one as '
           'quick</text>',
           f'<path d="M{340 + scale:.1f} 38V{height - 10}" stroke="black" stroke-width="2"/>']
    for i, (name, kind, ratio, target) in enumerate(bars):
        y, length = 44 + 30 * i, ratio / (target or 1) * scale
        colour = "#79b" if not target else "#c33" if ratio < target else "#2a7"
        out.append(f'<text x="20" y="{y + 15}">{escape(name)} / {escape(kind)}</text>')
        out.append(f'<rect x="340" y="{y}" width="{length:.1f}" height="20" fill="{colour}" '
                   'fill-opacity="0.8"/>')
        wanted = f" of {target}" if target else ""
        out.append(f'<text x="{348 + length:.1f}" y="{y + 15}">{ratio:.2f}{wanted}</text>')
    with open(path, "w") as f:
        f.write("\n".join(out + ["</svg>"]) + "\n")


def main():
    with open(sys.argv[1]) as f:
        result = json.load(f)
    m = result["machine"]
    print(f"{m['commit']}: {m['cores']} cores, {m['cpu']}, "
          f"autogroups {'on' if m['autogroup'] else 'off'}, huge pages {m['huge_pages']}, "
          f"PostgreSQL {m['postgresql']}, fdatasync {m['fdatasync_us']:.0f} us; load average before "
          f"{m['load_before']:.1f}; medians of {result['rounds']} rounds of {result['seconds']} s\n")
    table(result["points"], result["all"])
    print()
    verdicts(result["points"], result["all"])
    svg(result, sys.argv[2])


if __name__ == "__main__":
    main()
