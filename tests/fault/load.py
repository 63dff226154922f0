# SPDX-License-Identifier: AGPL-3.0-or-later
"""The phones: one tegata-handset that dials at random times, and writes down what it was told."""
import os

from process import Process, now

# Shares, of which a third moves value.
MIX = "issue=30,transfer=20,pay=8,check=14,list=6,balance=10,log=8,help=4"
AMOUNTS = "500,600,700,1000,3000,10000"
DECLINE_PERMILLE = 50
DAY_S = 86400


class Load(Process):
    """Each life writes a file of its own: record-N-LIFE."""

    def __init__(self, world, n, address):
        super().__init__(f"load-{n}", [], os.path.join(world.dir, f"load-{n}.log"))
        self.world, self.n, self.address = world, n, address
        self.records = []  # paths, one a life
        self.began = {}  # path: when the life behind it began
        self.faults = None  # as tegata-handset --faults; for the next life
        self.rate = world.rate

    def start(self):
        from world import IMSI_BASE, MSISDN_BASE, PHONES, SHOP
        path = os.path.join(self.world.dir, f"record-{self.n}-{len(self.records)}")
        seed = self.world.seed * 1000003 + self.n * 1009 + len(self.records)
        self.command = [
            os.path.join(self.world.build, "tegata-handset"), "load", "--via", "direct",
            "--address", self.address, "--name", "MSC-1", "--terminals", str(PHONES),
            "--imsi-base", IMSI_BASE[self.n], "--msisdn-base", MSISDN_BASE[self.n],
            "--rate", str(self.rate), "--seconds", str(DAY_S), "--mix", MIX,
            "--amount", AMOUNTS, "--shop", SHOP, "--decline", str(DECLINE_PERMILLE),
            "--network-timeout", "60s", "--seed", str(seed % 2**32), "--record", path]
        if self.faults:
            self.command += ["--faults", self.faults]
        if self.records:
            self.began[self.records[-1]] = now()
        self.records.append(path)
        super().start()
