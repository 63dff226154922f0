# SPDX-License-Identifier: AGPL-3.0-or-later
"""One program that the harness started: its end, its log, what it takes of the machine.

Only what was started here is ever signalled, by its own process id.
"""
import os
import signal
import subprocess
import time


def now():
    """Seconds since 1970, by the clock of the harness, which no fault steps."""
    return time.time()


def wait_until(what, seconds, every=0.02):
    """what() until it is true; the seconds that it took, or None."""
    began = time.monotonic()
    while True:
        if what():
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            return None
        time.sleep(every)


class Process:
    def __init__(self, name, command, log, env=None, cwd=None):
        self.name, self.command, self.log, self.cwd = name, list(command), log, cwd
        self.env = dict(env or {})  # beside the harness's own
        self.popen = None
        self.started_at = None
        self.lives = 0

    @property
    def pid(self):
        return self.popen.pid

    def start(self):
        assert not self.running(), self.name
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env={**os.environ, **self.env}, cwd=self.cwd)
        self.started_at = now()
        self.lives += 1

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def kill(self):
        """As a crash: SIGKILL."""
        self.signal(signal.SIGKILL)
        return self.wait(5)

    def stop(self, seconds=20):
        """SIGTERM; killed where it does not end in time.  The exit code."""
        self.signal(signal.SIGTERM)
        if self.wait(seconds) is None:
            self.kill()
        return self.popen.returncode if self.popen else None

    def wait(self, seconds):
        """The exit code (negative: of a signal), or None where it runs on."""
        if self.popen is None:
            return None
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def pss_kib(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def log_tail(self, lines=20):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return f.readlines()[-lines:]
        except OSError:
            return []
