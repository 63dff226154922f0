#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""The n-th allocation or write of a daemon fails, for all n of one operation (fail_nth.c).

  fail_nth.py DIR ADDRESS BIN OPERATION KIND DAEMON STEP SECONDS

OPERATION: issue, transfer (phone A), check (a shop).  KIND: memory, output.  DAEMON: manager or
gateway, whose DIR/DAEMON.cfg is there and which is started here, with DIR/fail_nth.so.  Every STEP-th n
is tried, from the first on, until an operation has fewer; after SECONDS those that are left are
taken in larger steps.

After each n: what was told agrees with the database both ways, and a good operation succeeds.  Where
the daemon died it is started again, and the same holds.  Prints what was seen; a line that begins
with "BROKEN" for each promise that was not kept, and then the exit code is 1.
"""
import http.client
import json
import mmap
import os
import re
import signal
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.request

import gsup

A, B = ("001010000000001", "819012345671"), ("001010000000002", "819012345672")
KINDS = {"memory": 1, "output": 2}
CONTROL = "=IIQQQQ24Q"
ID = re.compile(r"\d{4}(?: \d{4}){4}")
DONE = ("Bought", "belongs to")
NOT_DONE = ("Nothing was done", "cannot", "not done")
# Of ours, the function that called a library which uses what malloc did not give it: libosmocore's
# osmo_fsm_inst_alloc(); libmicrohttpd and GnuTLS.
LIBRARIES = ("dialogue_fsm_start", "mhd_loop_run", "a library")
NOT_KNOWN = ("not known", "Not known")


class Control:
    """The page that is shared with the daemon."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.write(bytes(struct.calcsize(CONTROL)))
        with open(path, "r+b") as f:
            self.page = mmap.mmap(f.fileno(), struct.calcsize(CONTROL))

    def arm(self, kind, n):
        struct.pack_into(CONTROL, self.page, 0, 0, KINDS[kind], 0, n, 0, 0, *[0] * 24)
        self.page[0:4] = struct.pack("=I", 1)

    def disarm(self):
        """(count, failed, trace)"""
        self.page[0:4] = struct.pack("=I", 0)
        values = struct.unpack_from(CONTROL, self.page)
        return values[2], values[4], values[6:6 + values[5]]


class Daemon:
    def __init__(self, world, name):
        self.world, self.name = world, name
        self.port = {"manager": 9470, "gateway": 9471}[name]
        self.process, self.maps = None, []

    def start(self, fails=True):
        env = dict(os.environ)
        if fails:
            env.update(LD_PRELOAD=self.world.dir + "/fail_nth.so",
                       FAIL_NTH=self.world.dir + "/control")
        with open(f"{self.world.dir}/{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [f"{self.world.bin}/tegata-{self.name}", "-c", f"{self.world.dir}/{self.name}.cfg"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)

    def ready(self, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                url = f"http://{self.world.address}:{self.port}/readyz"
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if answer.status == 200:
                        with open(f"/proc/{self.process.pid}/maps") as maps:
                            self.maps = maps.read().splitlines()
                        return True
            except OSError:
                pass
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        return False

    def died(self, wait=0):
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def caller(self, trace):
        """The first of ours, and the library function that was called there."""
        for address in trace[2:]:
            for line in self.maps:
                span, _, offset, _, _, *path = line.split(None, 5)
                low, high = (int(x, 16) for x in span.split("-"))
                if low <= address < high and path and "/tegata-" in path[0]:
                    said = subprocess.run(["addr2line", "-f", "-e", path[0],
                                           hex(address - low + int(offset, 16) - 1)],
                                          capture_output=True, text=True, check=False)
                    return said.stdout.split("\n")[0]
        return "a library"


class World:
    def __init__(self, directory, address, binaries):
        self.dir, self.address, self.bin = directory, address, binaries
        self.link, self.session, self.broken = None, int(time.time()) & 0xFFFFFF, []
        self.heard = threading.Condition()
        self.inbox = []
        with open(directory + "/shop.key") as f:
            self.key = f.read().strip()

    def sql(self, query):
        said = subprocess.run(["psql", "-X", "-q", "-At", "-d", "tegata", "-c", query],
                              capture_output=True, text=True, check=True)
        return said.stdout.split()

    def owned(self, phone):
        return set(self.sql("SELECT value_id FROM tegata.value JOIN tegata.terminal ON "
                            f"terminal_id = owner_id WHERE imsi = '{phone[0]}'"))

    # --- phones

    def received(self, link, message):
        with self.heard:
            self.inbox.append(message)
            self.heard.notify_all()

    def lost(self, link):
        with self.heard:
            self.heard.notify_all()

    def up(self, seconds=5):
        end = time.monotonic() + seconds
        while not self.link or self.link.over.is_set():
            try:
                self.link = gsup.Link(self.address, 4223, self.address, "MSC-1", self.received,
                                      self.lost)
            except OSError:
                if time.monotonic() > end:
                    return False
                time.sleep(0.02)
        return True

    def hear(self, seconds=7):
        """Text and whether an answer is wanted; (None, False) where none comes."""
        end = time.monotonic() + seconds
        with self.heard:
            while True:
                while self.inbox:
                    m = self.inbox.pop(0)
                    if m.session == self.session:
                        return m.text or "", m.text is not None and m.state != gsup.END, m.invoke_id
                left = end - time.monotonic()
                if left <= 0 or self.link.over.is_set():
                    return None, False, 0
                self.heard.wait(left)

    def dial(self, phone, code):
        """Told (pages of what was done before, the last text), to the first thing that is asked."""
        self.session += 1
        pages = []
        try:
            if not self.up():
                return pages, None
            self.link.send(gsup.begin(phone[0], self.session, code, phone[1]))
            text, asked, invoke = self.hear()
            while asked and text is not None:
                if re.search(r"^1 (Continue|Yes)", text, re.M):
                    if "1 Continue" in text:
                        pages.append(text)
                    self.link.send(gsup.answer(phone[0], self.session, invoke, "1"))
                    text, asked, invoke = self.hear()
                else:
                    break
            return pages, text
        except OSError:
            return pages, None

    # --- shops

    def check(self):
        context = ssl._create_unverified_context()
        c = http.client.HTTPSConnection(self.address, 8443, timeout=8, context=context)
        try:
            c.request("POST", "/v1/ownership-checks", b'{"value_id": "00000000000000000018"}',
                      {"Authorization": "Bearer " + self.key, "Content-Type": "application/json"})
            answer = c.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return 0, str(error)
        finally:
            c.close()


class Trial:
    def __init__(self, world, operation, kind, daemon):
        self.w, self.operation, self.kind, self.daemon = world, operation, kind, daemon
        self.told, self.counts, self.deaths = set(), {}, {}
        self.values = []

    def wrong(self, n, what):
        print(f"BROKEN {self.operation} {self.kind} {n}: {what}")
        self.w.broken.append(n)

    def verdict(self, text):
        if text is None or text == "":
            return "no answer"
        for words, verdict in ((DONE, "done"), (NOT_KNOWN, "not known"), (NOT_DONE, "not done")):
            if any(w in text for w in words):
                return verdict
        return "other: " + text.split("\n")[0][:60]

    def ids(self, text):
        # Without the check digit; the database has no leading zeros.
        return {str(int(i.replace(" ", "")[:19])) for i in ID.findall(text or "")}

    def dial(self, phone, code):
        """The last text; whatever was told of values is kept."""
        pages, text = self.w.dial(phone, code)
        for page in (*pages, text):
            self.told |= self.ids(page)
        return text

    def issue(self, n):
        before = self.w.owned(A)
        self.w.up()
        self.w.control.arm(self.kind, n)
        text = self.dial(A, "*188*1*100#")
        verdict = self.verdict(text)
        return verdict, lambda: self.judge_issue(n, before, verdict, text)

    def judge_issue(self, n, before, verdict, text):
        new = self.w.owned(A) - before
        if verdict == "done":
            # In front of it may stand what was done before.
            if len(new) != 1 or not new <= self.ids(text):
                self.wrong(n, f"told {self.ids(text)}, recorded {new}")
        elif verdict == "not done" and new:
            self.wrong(n, f"told that nothing was done, recorded {new}")
        elif len(new) > 1:
            self.wrong(n, f"one purchase, recorded {new}")

    def transfer(self, n):
        if not self.values:
            for _ in range(40):
                self.dial(A, "*188*1*100#")
            self.values = sorted(self.w.owned(A))
        value = self.values.pop()
        self.w.control.arm(self.kind, n)
        digits = value.zfill(19)
        digits += str(-sum(sum(divmod(2 * int(c), 10)) if i % 2 == 0 else int(c)
                           for i, c in enumerate(reversed(digits))) % 10)
        text = self.dial(A, f"*188*3*{digits}*{B[1]}#")
        verdict = self.verdict(text)
        return verdict, lambda: self.judge_transfer(n, value, verdict)

    def judge_transfer(self, n, value, verdict):
        of_a, of_b = value in self.w.owned(A), value in self.w.owned(B)
        if of_a == of_b:
            self.wrong(n, f"value {value} is owned by {'both' if of_a else 'nobody'}")
        if verdict == "done" and not of_b or verdict == "not done" and not of_a:
            self.wrong(n, f"told {verdict}, but the owner is {'A' if of_a else 'B'}")

    def check(self, n):
        self.w.control.arm(self.kind, n)
        status, body = self.w.check()
        verdict = "status %d" % status if status else "no answer"
        if status == 200 and body != {"owner": False}:
            self.wrong(n, f"answered {body}")
        if status not in (0, 200, 500, 503):
            self.wrong(n, f"answered {status} {body}")
        return verdict, lambda: None

    def serve(self, n):
        """A good operation, with nothing failing."""
        end, text = time.monotonic() + 10, ""
        while time.monotonic() < end:
            if self.operation == "check":
                text = self.w.check()
                good = text[0] == 200
            else:
                text = self.dial(A, "*188*6#")
                good = "Balance" in (text or "")
            if good:
                return
            time.sleep(0.05)
        self.wrong(n, f"behind it nobody is served: {text!r}")

    def revive(self, n, code, trace):
        name = self.daemon.caller(trace)
        if code != -signal.SIGABRT and name not in LIBRARIES:
            self.wrong(n, f"ends with {code} in {name}, where it did not look for what it was given")
        self.deaths.setdefault((code, name), []).append(n)
        self.daemon.start()
        if not self.daemon.ready():
            self.wrong(n, "does not start again")

    def one(self, n):
        """True where there was an n-th call."""
        verdict, judge = getattr(self, self.operation)(n)
        count, failed, trace = self.w.control.disarm()
        code = self.daemon.died(0.5 if failed and verdict not in ("done", "status 200") else 0)
        if code is not None:
            self.revive(n, code, trace)
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        if verdict.startswith("other"):
            self.wrong(n, "told: " + verdict)
        if failed:
            self.serve(n)
        judge()
        return failed, count

    def run(self, step, seconds):
        end, n, tried, count = time.monotonic() + seconds, 1, 0, 0
        if self.operation == "issue":
            self.told |= self.w.owned(A)
        while True:
            failed, counted = self.one(n)
            count = max(count, counted)
            if not failed and n > count:
                break
            tried += 1
            n += step if time.monotonic() < end else max(step, count // 4)
        # What was recorded and not told at once was told by a later dial.
        if self.operation == "issue":
            left = self.w.owned(A) - self.told
            if left:
                self.wrong(n, f"never told: {left}")
        for line in self.w.sql("SELECT * FROM audit.violations"):
            self.wrong(n, "rule broken: " + line)
        deaths = sum(len(d) for d in self.deaths.values())
        print(f"{tried} of {count} tried, {deaths} deaths; "
              + ", ".join(f"{k}: {v}" for k, v in sorted(self.counts.items())))
        for (code, name), ns in sorted(self.deaths.items()):
            print(f"  died of signal {-code} in {name}: " + " ".join(map(str, ns[:12])))


def main():
    directory, address, binaries, operation, kind, victim, step, seconds = sys.argv[1:]
    world = World(directory, address, binaries)
    world.control = Control(directory + "/control")
    daemons = {name: Daemon(world, name) for name in ("gateway", "manager")}
    trial = Trial(world, operation, kind, daemons[victim])
    try:
        other = daemons["manager" if victim == "gateway" else "gateway"]
        other.start(fails=False)
        daemons[victim].start()
        if not daemons["manager"].ready() or not daemons["gateway"].ready():
            print("BROKEN: they do not start")
            sys.exit(1)
        trial.serve(0)
        trial.run(int(step), float(seconds))
    finally:
        codes = [d.stop() for d in daemons.values() if d.process]
    if any(codes):
        trial.wrong(0, f"exit codes {codes}")
    sys.exit(1 if world.broken else 0)


if __name__ == "__main__":
    main()
