# SPDX-License-Identifier: AGPL-3.0-or-later
"""The loads of the benchmark: each returns operations a second and what one of them cost."""
import json
import os
import re
import subprocess
import time

from measure import Bench

HERE = os.path.dirname(os.path.abspath(__file__))
EDGE_S = 0.4  # of a load's time is not looked at, at both ends
# Of dialogues and of the yardstick, not counted.  The yardstick's sessions and plans are new each
# time, the manager's are not: behind a load at full rate it needs less.
WARMUP_S, PACED_WARMUP_S = 2, 1
CONNECTIONS = 64
WINDOW = 1024  # dialogues open: twice as many as keep the lanes busy, so that batches are large
VALUES_A_SET = 40000
TERMINALS = int(os.environ["BENCH_TERMINALS"])
IMSI, MSISDN = os.environ["BENCH_IMSI"], os.environ["BENCH_MSISDN"]
IP = os.environ["ENV_IP"]


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


class Loads(Bench):
    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds
        self.day = (int(time.time()) - 1577836800) // 86400
        self.n_sets = 1  # the first is the shop's

    def point(self, figures, rate, names, **more):
        """Figures a second become figures an operation."""
        return {"rate": rate, "wal_per_op": figures["wal"] / rate,
                "cpu_us": {n: 1e6 * figures["cpu"][n] / rate for n in names},
                "cpu_cores": {n: figures["cpu"][n] for n in names},
                "memory_kib": {n: figures["memory_kib"][n] for n in names},
                "stolen": figures["stolen"], **more}

    def sampled(self, warmup_s):
        """(when to look at a load with a warm-up, and for how long)"""
        return warmup_s + EDGE_S, self.seconds - 2 * EDGE_S

    def short_s(self):
        """Of loads that stand side by side in several pairs: what a host gives changes faster than
        rounds follow."""
        return max(2, self.seconds // 2)

    def settle(self):
        """So that a load does not pay for the one before it."""
        self.sql("VACUUM (ANALYZE)")
        self.written()

    def written(self):
        """What loads have left to be written would be so half a minute later, in front of the WAL
        of whoever commits then: at half load that was 50 to 250 ms of waiting for the disk."""
        subprocess.run(["sync", "-f", self.dir], check=True, timeout=120)

    def checkpoint(self):
        """Behind one each page goes into the WAL as a whole when it is first written: not for each
        load anew, since a slow one is still at it when it is measured, and a quick one is not."""
        self.sql("CHECKPOINT")

    # --- dialogues --------------------------------------------------------------------------

    def handset(self, mix, window=WINDOW, rate=None, terminals=TERMINALS):
        warmup_s = PACED_WARMUP_S if rate else WARMUP_S
        command = [os.environ["ENV_BIN"] + "/tegata-handset", "load", "--via", "direct",
                   "--address", f"{IP}:4223", "--local-address", IP, "--name", "MSC-1",
                   "--terminals", str(terminals), "--imsi-base", IMSI, "--msisdn-base", MSISDN,
                   "--amount", "500", "--json", "--mix", mix, "--warmup", str(warmup_s),
                   "--seconds", str(self.seconds), "--seed", str(time.time_ns() % 1000000)]
        command += ["--rate", str(int(rate))] if rate else ["--window", str(window)]
        (text,), figures = self.run("handset", command, *self.sampled(warmup_s))
        d = json.loads(text)
        latency = d["latency"]
        shares = {op: d[op]["count"] / max(1, d["ended"])
                  for op in ("issue", "transfer", "check", "list") if op in d}
        # A list of more than one page asks for the next, and the phone hangs up: it was served.
        asked = d["without_text"]["question_unanswered"] if mix.startswith("list") else 0
        rate = d["ok_per_second"] + asked / self.seconds
        return self.point(figures, rate, ("handset", "manager", "postgres"),
                          errors=d["errors"] - asked, shares=shares, p50_ms=latency["p50_ms"],
                          p99_ms=latency["p99_ms"], p999_ms=latency["p99_9_ms"])

    def values_add(self, first, count):
        """Values in a row, as values.sql says."""
        with open(f"{HERE}/values.sql") as script:
            subprocess.run(["psql", "-XAtq", "-d", "tegata", "-v", "ON_ERROR_STOP=1", "-v",
                            f"first={first}", "-v", f"count={count}", "-v",
                            f"terminals={TERMINALS}", "-v", f"day={self.day}"],
                           stdin=script, check=True)

    def values_make(self):
        """The number of the first of a set of values that nobody has touched."""
        first = 1 + self.n_sets * VALUES_A_SET
        self.n_sets += 1
        self.values_add(first, VALUES_A_SET)
        return first

    def pgbench(self, mix, first=0, rate=None):
        """The yardstick: mix as of handset(), with values from first on."""
        log = f"{self.dir}/pgbench_log"
        command = [os.environ["PG_BIN"] + "/pgbench", "-n", "-M", "prepared", "-c", "8", "-j", "2",
                   "-T", str(WARMUP_S + self.seconds), "-l", "--log-prefix", log]
        for name, value in {"terminals": TERMINALS, "day": self.day, "first": first, "i": 0,
                            "values_a_client": VALUES_A_SET // 8, "msisdn": MSISDN}.items():
            command += ["-D", f"{name}={value}"]
        for op, weight in (part.split("=") for part in mix.split(",")):
            where = self.dir if op == "issue" else HERE
            command += ["-f", f"{where}/{op}.pgbench@{weight}"]
        if rate:
            command += ["-R", str(rate)]
        (text,), figures = self.run("pgbench", command + ["tegata"], *self.sampled(WARMUP_S))
        if not re.search(r"^number of failed transactions: 0 ", text, re.M):
            raise RuntimeError(text)
        ms = sorted(self.latencies_ms(log))
        return self.point(figures, len(ms) / self.seconds, ("pgbench", "postgres"), errors=0,
                          p50_ms=percentile(ms, 0.5), p99_ms=percentile(ms, 0.99),
                          p999_ms=percentile(ms, 0.999))

    def latencies_ms(self, log):
        """Of what ended in the last seconds of pgbench."""
        calls = [(int(s) + int(us) / 1e6, int(took) / 1e3) for _, _, took, _, s, us, *_ in
                 (line.split() for line in self.log_lines(log))]
        end = max(at for at, _ in calls)
        return [ms for at, ms in calls if at > end - self.seconds]

    def log_lines(self, prefix):
        """And removes the logs."""
        folder, name = os.path.split(prefix)
        for entry in os.listdir(folder):
            if entry.startswith(name + "."):
                with open(f"{folder}/{entry}") as f:
                    yield from f
                os.unlink(f"{folder}/{entry}")

    # --- shops ------------------------------------------------------------------------------

    def wrk(self, server, items, connections=CONNECTIONS, seconds=None, threads=1):
        seconds = seconds or self.seconds
        path = {"gateway": f"{IP}:8443/v1/ownership-checks",
                "nginx": f"{IP}:8444/{0 if items == 1 else 1}",
                "hello": f"{IP}:8445/{0 if items == 1 else 1}"}[server]
        command = ["wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds + 1}s",
                   "--latency", "-s", f"{HERE}/check.lua", f"https://{path}", "--",
                   f"{self.dir}/shop.key", f"{self.dir}/shop.ids", str(items)]
        (text,), figures = self.run("wrk", command, 1 + EDGE_S, seconds - 2 * EDGE_S)
        d = json.loads(text.splitlines()[-1])
        names = ("wrk", "gateway", "manager", "postgres") if server == "gateway" else \
            ("wrk", server)
        return self.point(figures, d.pop("rate") * items, names, **d)

    def connect(self, server, reuse):
        """TLS connections with one request each, by two clients."""
        port = {"gateway": 8443, "nginx": 8444, "hello": 8445}[server]
        seconds = max(3, self.short_s())
        command = ["openssl", "s_time", "-connect", f"{IP}:{port}", "-time", str(seconds), "-www",
                   "/healthz" if server == "gateway" else "/0", "-tls1_3",
                   "-reuse" if reuse else "-new"]
        texts, figures = self.run("s_time", command, 0.5 + EDGE_S, seconds - 0.5 - 2 * EDGE_S,
                                  more=1)
        # With -reuse a first connection is counted by itself.
        counts = [re.findall(r"^(\d+) connections in \d+ real seconds", t, re.M) for t in texts]
        # It prints a letter a connection: r where the session went on.
        resumed = sum(len(re.findall("r", "".join(re.findall(r"^[rtdsT*]+", t, re.M))))
                      for t in texts)
        rate = sum(int(c[-1]) for c in counts) / seconds
        return self.point(figures, rate, ("s_time", server), errors=0,
                          resumed_share=resumed / max(1, sum(int(c[-1]) for c in counts)))
