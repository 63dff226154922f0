# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shop that asks who owns what, and writes down what it was told.

It follows the phones' records: what a phone is about to pay with is asked about until the answer
is yes, as a shop's server does; and again later, and now and then about what was paid to nobody.
One line an answer, on the disk before it is believed:

    BEGAN ENDED VALUE ANSWER      microseconds since 1970; ANSWER: yes, no
"""
import http.client
import json
import os
import random
import threading
import time

from probe import https
from process import now

ASK_S = 10  # how long a shop waits for a payment
PAUSE_S = 0.03


class Shop:
    def __init__(self, world):
        self.world = world
        self.path = os.path.join(world.dir, "record-shop")
        self.file = None
        self.key = None
        self.connection = None
        self.over = threading.Event()
        self.thread = None
        self.rng = random.Random(f"{world.seed}/shop")
        self.waiting = {}  # value id: until when it is asked about
        self.paid = []
        self.other = []
        self.places = {}  # record: octets that were read
        self.answers = {"yes": 0, "no": 0, "none": 0}

    def start(self):
        with open(self.world.path("shop.key"), encoding="ascii") as f:
            self.key = f.read().strip()
        self.file = open(self.path, "a", encoding="ascii")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stop(self):
        self.over.set()
        if self.thread:
            self.thread.join(10)

    def ask_once(self, value, seconds=6, connection=None):
        """True, False, or None where no answer was given."""
        mine = connection or https(self.world, seconds)
        try:
            mine.request("POST", "/v1/ownership-checks", json.dumps({"value_id": value}), {
                "Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
            answer = mine.getresponse()
            body = answer.read()
            return bool(json.loads(body)["owner"]) if answer.status == 200 else None
        finally:
            if not connection:
                mine.close()

    def ask(self, value):
        began = now()
        try:
            if not self.connection:
                self.connection = https(self.world, 6)
            owner = self.ask_once(value, connection=self.connection)
        except (OSError, http.client.HTTPException, ValueError):
            self.connection.close()
            self.connection, owner = None, None
        if owner is None:
            self.answers["none"] += 1
            time.sleep(PAUSE_S)
            return None
        self.file.write(f"{began * 1e6:.0f}\t{now() * 1e6:.0f}\t{value}\t"
                        f"{'yes' if owner else 'no'}\n")
        self.file.flush()
        os.fdatasync(self.file.fileno())
        self.answers["yes" if owner else "no"] += 1
        return owner

    def follow(self):
        """Values that phones begin to move."""
        for load in self.world.loads:
            for path in load.records:
                try:
                    with open(path, "rb") as f:
                        f.seek(self.places.get(path, 0))
                        data = f.read()
                except OSError:
                    continue
                data = data[:data.rfind(b"\n") + 1]
                self.places[path] = self.places.get(path, 0) + len(data)
                for line in data.split(b"\n"):
                    part = line.split(b"\t")
                    if part[0] != b"B":
                        continue
                    code = part[5].decode().split("*")
                    if part[4] == b"pay":
                        self.waiting[code[3]] = now() + ASK_S
                    elif part[4] == b"transfer" and self.rng.random() < 0.05:
                        self.other.append(code[3])

    def run(self):
        while not self.over.is_set():
            self.follow()
            for value, until in list(self.waiting.items()):
                if self.over.is_set():
                    return
                owner = self.ask(value)
                if owner:
                    self.paid.append(value)
                if owner or now() > until:
                    del self.waiting[value]
            for some in (self.paid, self.other):
                if some and self.rng.random() < 0.3:
                    self.ask(self.rng.choice(some))
            time.sleep(PAUSE_S)
