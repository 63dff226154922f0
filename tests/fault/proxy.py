# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bad network between two programs: proxy.c, started and told what to do.

    link = Proxy("127.0.0.1:0", "127.0.0.1:5432", seed=7)
    link.address                    what to dial instead of the target
    link("delay both 50 20")        see proxy.c for the commands
    link("pass")
    link.status()["flipped"]
    link.stop()
"""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Beside the programs under test: ENV_BIN is build-asan where those have sanitizers.
PROGRAM = next(path for path in (os.path.join(os.environ.get("ENV_BIN", ROOT), "tests/fault/proxy"),
                                 os.path.join(ROOT, "build/tests/fault/proxy"))
               if os.access(path, os.X_OK) or path.startswith(os.path.join(ROOT, "build/")))


class ProxyError(Exception):
    pass


class Proxy:
    def __init__(self, listen, target, seed=1, program=PROGRAM):
        # Its standard input is ours: it ends when we do.
        self.process = subprocess.Popen([program, "--listen", listen, "--target", target,
                                         "--seed", str(seed)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline().split()
        if said[:1] != ["listening"]:
            self.stop()
            raise ProxyError(f"no proxy at {listen}")
        self.address = said[1]
        self.port = int(self.address.rpartition(":")[2]) if self.address[:5] != "unix:" else None

    def __call__(self, command):
        """What it says behind "ok"."""
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            said = self.process.stdout.readline().split()
        except (OSError, ValueError) as why:
            raise ProxyError(f"{command}: the proxy is gone") from why
        if said[:1] != ["ok"]:
            raise ProxyError(f"{command}: {' '.join(said)}")
        return said[1:]

    def status(self):
        said = self("status")
        return {name: int(number) for name, number in zip(said[::2], said[1::2])}

    def stop(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        self.process.stdout.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
