# SPDX-License-Identifier: AGPL-3.0-or-later
"""A world whose phones text, too.

                        +== smsc-a-0 == manager 0
    phones -- SMSC a ===+
                        +== smsc-a-1 == manager 1      and the same for SMSC b

Both SMSCs are tegata-handset's (smsc.c), both managers bind to both: manager 0 prefers a, manager 1
prefers b.  Each == is a Link.  USSD goes on beside it, slower, and its receipts go out by SMS.
"""
import os
import socket
import subprocess
import sys

from process import Process, wait_until
from sms_phones import Phones
from world import ROOT, Link, World

sys.path.insert(0, os.path.join(ROOT, "tests/lib"))
import vty  # noqa: E402

TEXTERS = 40
TEXTER_IMSI, TEXTER_MSISDN = "001010000700000", "819000700000"
LEASE_S = 5  # of a text
RESPONSE_S = 2  # an SMSC's answer that takes longer is lost
IDS_A_LIFE = 10000000  # message ids of one life of an SMSC
BIND_S = 15  # back-off, and the silence after which a link is given up
NAMES = "ab"

CONFIG = """smsc {name}
 address {address}
 system-id manager-{n}
 source 188 3 0
 priority {priority}
 window 20
 response-timeout {response}
 enquire-interval 3
 throttle-pause 200
"""
CONFIG_SMS = f"""sms
 outbox-interval 100
 outbox-lease {LEASE_S}
 no sender-rate
"""


class Smsc(Process):
    """Forgets what it was to deliver when it is killed, and never gives an id again."""

    def __init__(self, world, name, address):
        self.world, self.address = world, address
        self.control = world.path(f"smsc-{name}.control")
        self.record = world.path(f"record-smsc-{name}")
        self.faults = ""
        super().__init__(f"smsc-{name}", [], world.path(f"smsc-{name}.log"))

    def start(self):
        if os.path.exists(self.control):
            os.unlink(self.control)
        self.command = [os.path.join(self.world.build, "tests/fault/smsc"), "--listen", self.address,
                        "--control", self.control, "--record", self.record,
                        "--first-id", str(self.lives * IDS_A_LIFE)]
        super().start()
        if wait_until(lambda: os.path.exists(self.control), 5) is None:
            raise RuntimeError(f"no {self.name}: {self.log_tail()}")
        if self.faults:
            self.misbehave(self.faults)

    def order(self, text):
        """False: it cannot be told now."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.setblocking(False)
            try:
                s.connect(self.control)
                s.send(text.encode())
                return True
            except OSError:
                return False

    def misbehave(self, faults):
        """As tegata-handset --sms-faults, from now on and in further lives."""
        self.faults = faults
        self.world.note("sms faults", smsc=self.name, faults=faults)
        return self.order(f"faults {faults}")


class SmsWorld(World):
    def __init__(self, kind, seed, build=None, rate=60, directory=None):
        super().__init__(kind, seed, build, max(rate // 4, 5), directory)

    def make_parts(self):
        super().make_parts()
        self.more_phones.append((TEXTER_IMSI, TEXTER_MSISDN, TEXTERS))
        self.smscs = []
        for name, ip, port in zip(NAMES, (self.ip, self.ip2), (12775, 12776)):
            self.smscs.append(Smsc(self, name, f"{ip}:2775"))
            for n, own in enumerate((self.ip, self.ip2)):
                self.links[f"smsc-{name}-{n}"] = Link(self, f"smsc-{name}-{n}", f"{own}:{port}",
                                                      f"{ip}:2775")
        self.phones = Phones(self)

    def config_more(self, n):
        return "".join(CONFIG.format(
            name=name, address=self.links[f"smsc-{name}-{n}"].listen, n=n, response=RESPONSE_S,
            priority=1 if n == at else 2) for at, name in enumerate(NAMES)) + CONFIG_SMS

    def smsc_links(self, at):
        """Of SMSC 0 or 1, by manager."""
        return [self.links[f"smsc-{NAMES[at]}-{n}"] for n in (0, 1)]

    def settings(self):
        return {"outbox": "on"}

    def start(self):
        for smsc in self.smscs:
            smsc.start()
        super().start()
        if wait_until(self.bound, BIND_S, 0.05) is None:
            raise RuntimeError("no manager binds")
        self.phones.start()

    def recover(self):
        took = wait_until(self.bound, BIND_S, 0.05)
        if took is None:
            self.problem("not bound", f"after {BIND_S} s")
        else:
            self.recovered_s.append(took)

    def load_end(self):
        self.phones.stop()

    def stop(self):
        self.phones.stop()
        super().stop()
        for smsc in self.smscs:
            smsc.kill()

    def bound(self):
        """Has every manager bound to every SMSC?"""
        return all(self.binds(manager) == len(self.smscs) for manager in self.managers)

    @staticmethod
    def binds(manager):
        try:
            with socket.create_connection((manager.ip, 4270), timeout=1) as s:
                vty.read_answer(s)
                s.sendall(b"show smscs\n")
                return vty.read_answer(s).count("BOUND")
        except OSError:
            return 0

    def ctl_said(self, *arguments):
        """(exit code, text) of tegatactl."""
        done = subprocess.run(
            [os.path.join(self.build, "tegatactl"), "--db",
             f"host={self.cluster.directory} port={self.cluster.port} dbname=tegata user=postgres",
             *arguments], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


