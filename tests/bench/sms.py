#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""sms.py SECONDS JSON: texts a second both ways against an SMSC made of the npm package smpp, by our
ESME and by the package's own client, in turn; the same against an SMSC in C, because the other one
is what limits both; then commands by the manager, from deliver_sm to the reply by submit_sm.  From
tests/bench/sms, which sets the environment."""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
IP = os.environ["ENV_IP"]
WINDOWS = (1, 10, 50)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


class Smsc:
    def __init__(self, port, made_of="npm"):
        self.port = port
        self.made_of = made_of
        command = [os.environ["SMS_SMSC"], f"{IP}:{port}"] if made_of == "C" else \
            ["node", f"{HERE}/sms.js", "smsc", IP, str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.wait("listening")

    def wait(self, key):
        while True:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("the SMSC has ended")
            said = json.loads(line)
            if key in said:
                return said

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)


def start(who, smsc, window, seconds):
    if who == "tegata":
        command = [os.environ["SMS_BENCH"], f"{IP}:{smsc.port}", str(window), str(seconds)]
    else:
        command = ["node", f"{HERE}/sms.js", "client", IP, str(smsc.port), str(window), str(seconds)]
    esme = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    smsc.wait("bound")
    return esme, (cpu_s(esme.pid), cpu_s(smsc.process.pid), time.monotonic())


def point(who, way, smsc, window, seconds):
    esme, (cpu, smsc_cpu, began) = start(who, smsc, window, seconds if way == "to phones" else 0)
    if way == "to phones":
        time.sleep(seconds - 0.2)  # while both are at it: afterwards it is gone
    else:
        smsc.tell("deliver", window, seconds)
        said = smsc.wait("per_s")
    elapsed = time.monotonic() - began
    used, smsc_used = cpu_s(esme.pid) - cpu, cpu_s(smsc.process.pid) - smsc_cpu
    if way == "to phones":
        said = json.loads(esme.stdout.readline())
    esme.terminate()
    esme.wait()
    texts = said["per_s"] * elapsed
    return {"smsc": smsc.made_of, "way": way, "window": window, "by": who, "per_s": said["per_s"],
            "cpu_us": used / texts * 1e6, "busy": used / elapsed,
            "smsc_us": smsc_used / texts * 1e6, "smsc_busy": smsc_used / elapsed}


def show(points):
    """In pairs; how many times as much ours does, and takes.  A core that is full is marked."""
    full = lambda share: f"{share:.0%}{'!' if share > 0.95 else ' '}"
    print(f"{'SMSC in':8} {'texts':12} {'window':>6} {'by':7} {'per s':>8} {'tegata is':>9} "
          f"{'CPU us':>7} {'busy':>6} {'SMSC us':>8} {'busy':>6}")
    for mine, theirs in zip(points[::2], points[1::2]):
        for p in (mine, theirs):
            ratio = "" if p is mine else f"{mine['per_s'] / p['per_s']:.2f}"
            print(f"{p['smsc']:8} {p['way']:12} {p['window']:6} {p['by']:7} {p['per_s']:8,.0f} "
                  f"{ratio:>9} {p['cpu_us']:7.1f} {full(p['busy']):>6} {p['smsc_us']:8.1f} "
                  f"{full(p['smsc_busy']):>6}", flush=True)


def texts(seconds):
    said = {}
    for made_of, port, key in (("npm", 2776, "points"), ("C", 2777, "points_c")):
        smsc = Smsc(port, made_of)
        said[key] = [point(who, way, smsc, window, seconds) for way in ("to phones", "from phones")
                     for window in WINDOWS for who in ("tegata", "npm")]
        smsc.process.terminate()
        show(said[key])
    print("!: a core is full; against the SMSC in npm's JavaScript that is the SMSC, whoever asks.")
    return said


def commands(seconds):
    """As many as are answered with 50 under way; then half of that, on schedule."""
    phones = (os.environ["BENCH_MSISDN"], os.environ["BENCH_TERMINALS"])
    smsc = Smsc(2775)
    smsc.wait("bound")  # the manager
    smsc.tell("commands", 50, 0, seconds, *phones, "BALANCE")
    full = smsc.wait("replies")
    smsc.tell("commands", 0, max(full["per_s"] // 2, 1), seconds, *phones, "BALANCE")
    half = smsc.wait("replies")
    smsc.process.terminate()
    print(f"commands: {full['per_s']:,}/s answered with 50 under way, p50 {full['p50_ms']:.1f} ms, "
          f"p99 {full['p99_ms']:.1f} ms; at {half['per_s']:,}/s from "
          f"deliver_sm to the reply p50 {half['p50_ms']:.1f} ms, p99 {half['p99_ms']:.1f} ms, "
          f"p99.9 {half['p999_ms']:.1f} ms; {half['sent'] - half['replies']} without a reply")
    return {"full": full, "half": half}


def main():
    seconds, out = int(sys.argv[1]), sys.argv[2]
    parts = os.environ.get("BENCH_PARTS", "texts commands").split()
    said = {}
    if "texts" in parts:
        said |= texts(seconds)
    if "commands" in parts:
        said |= commands(seconds)
    with open(out, "w", encoding="ascii") as file:
        json.dump(said, file, indent=1)
    half = said.get("half", {"replies": 0, "sent": 0})
    return 0 if half["replies"] == half["sent"] else 1


if __name__ == "__main__":
    sys.exit(main())
