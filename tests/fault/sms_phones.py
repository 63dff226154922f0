# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phones that text: commands at random times, YES to what they are asked, and what they read.

Everything that was sent (before it was) and everything that was read is kept; the SMSCs' records are
on the disk.  A phone waits for its answer, as people do, and after a while tries something else.
"""
import collections
import random
import re
import threading

from process import now

RATE = 10  # commands a second, of all phones
WAIT_S = 12  # for a reply
IMPATIENT = 0.25  # of those who wait
AMOUNTS = range(100, 10001, 100)
SHARES = {"BUY": 45, "SEND": 20, "PAY": 10, "BALANCE": 10, "OWNER": 10, "LIST": 5}
NO, SILENT, TWICE = 0.05, 0.03, 0.15  # of questions: declined, not answered, answered twice
VALUE = r"((?:\d{4} ){4}\d{4})"
QUESTION = re.compile(r"^To agree answer YES (\w+), else NO (\w+)\.", re.M)
ASKED_BUY = re.compile(r"^Buy (\d+) JPY\?", re.M)
ASKED_SEND = re.compile(r"^Send (\d+) JPY to \+(\d+)\?", re.M)
ASKED_PAY = re.compile(r"^Pay (\d+) JPY to .* \((\d+)\)\?", re.M)
GOT = re.compile(rf"^(?:Bought|Received) \S+(?: \S+)?: (\d+) JPY, value {VALUE}", re.M)


def plain(value):
    return value.replace(" ", "")


class Sent:
    """A text of a phone.  status: the manager's answer to it; None: none came."""

    __slots__ = ("at", "number", "text", "smsc", "status", "answered_at")

    def __init__(self, at, number, text, smsc):
        self.at, self.number, self.text, self.smsc = at, number, text, smsc
        self.status = self.answered_at = None

    def __repr__(self):
        return f"{self.number} {self.text!r} at {self.at:.3f} ({self.status})"


# A text that a phone read: by which SMSC ("a"), under which of its ids.
Heard = collections.namedtuple("Heard", "at smsc id number text")
# What a phone was asked: kind, amount, to whom.
Asked = collections.namedtuple("Asked", "kind amount to at")


def asked_of(heard):
    """(code, Asked), or None where the text is no question."""
    code = QUESTION.search(heard.text)
    if not code:
        return None
    for kind, pattern in (("BUY", ASKED_BUY), ("SEND", ASKED_SEND), ("PAY", ASKED_PAY)):
        found = pattern.search(heard.text)
        if found:
            to = None if kind == "BUY" else found.group(2)
            return code.group(1), Asked(kind, int(found.group(1)), to, heard.at)
    return code.group(1), None


class Phone:
    def __init__(self, number):
        self.number = number
        self.waits = None  # the word of the command that it waits for
        self.since = 0
        self.values = []  # that it got and did not give away, as far as it knows


class Phones:
    def __init__(self, world):
        self.world = world
        self.rng = random.Random(f"{world.seed}/texts")
        self.phones = {}
        self.sent = []
        self.heard = []
        self.places = collections.Counter()  # octets of the SMSCs' records that were read
        self.lock = threading.RLock()
        self.over = threading.Event()
        self.thread = None

    def start(self):
        from sms_world import TEXTER_MSISDN, TEXTERS
        numbers = [str(int(TEXTER_MSISDN) + i) for i in range(TEXTERS)]
        self.phones = {number: Phone(number) for number in numbers}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def stop(self):
        self.over.set()
        if self.thread:
            self.thread.join(5)
            self.thread = None

    def run(self):
        due = now()
        while not self.over.wait(0.02):
            with self.lock:
                self.hear()
                while due <= now():
                    due += self.rng.expovariate(RATE)
                    self.act()

    # --- what is sent

    def send(self, phone, text):
        live = [one for one in self.world.smscs if one.running()]
        if not live:
            return
        smsc = self.rng.choice(live)
        one = Sent(now(), phone.number, text, smsc.name[-1])
        self.sent.append(one)
        if not smsc.order(f"send {len(self.sent) - 1} {phone.number} {text}"):
            one.status = "unsent"

    def act(self):
        """One phone asks for something."""
        at = now()
        phone = self.rng.choice(list(self.phones.values()))
        if phone.waits and at - phone.since < WAIT_S and self.rng.random() > IMPATIENT:
            return
        word = self.rng.choices(list(SHARES), list(SHARES.values()))[0]
        if word in ("SEND", "PAY", "OWNER") and not phone.values:
            word = "BUY"
        if word == "BUY":
            text = f"BUY {self.rng.choice(AMOUNTS)}"
        elif word in ("SEND", "PAY"):
            value = phone.values.pop(self.rng.randrange(len(phone.values)))
            to = self.rng.choice([one for one in self.phones if one != phone.number]) \
                if word == "SEND" else "4711"
            text = f"{word} {value} {'+' if word == 'SEND' else ''}{to}"
        elif word == "OWNER":
            text = f"OWNER {self.rng.choice(phone.values)}"
        else:
            text = word
        phone.waits, phone.since = word, at
        self.send(phone, text)

    # --- what is read

    def hear(self):
        """Takes what the SMSCs wrote down."""
        with self.lock:
            for smsc in self.world.smscs:
                self.hear_one(smsc)

    def hear_one(self, smsc):
        try:
            with open(smsc.record, "rb") as f:
                f.seek(self.places[smsc.name])
                data = f.read()
        except FileNotFoundError:
            return
        whole = data.rfind(b"\n") + 1
        self.places[smsc.name] += whole
        for line in data[:whole].decode(errors="replace").splitlines():
            part = line.split("\t")
            at = int(part[1]) / 1e6
            if part[0] == "D":
                one = self.sent[int(part[2])]
                one.status, one.answered_at = int(part[3]), at
                continue
            text = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)),
                          part[4])
            heard = Heard(at, smsc.name[-1], part[2], part[3], text)
            self.heard.append(heard)
            if part[3] in self.phones and not self.over.is_set():
                self.read(self.phones[part[3]], heard)

    def read(self, phone, heard):
        got = GOT.search(heard.text)
        if got and plain(got.group(2)) not in phone.values:
            phone.values.append(plain(got.group(2)))
        question = asked_of(heard)
        if not question:
            # What comes without being asked for ends no wait.
            if not heard.text.startswith("Received "):
                phone.waits = None
            return
        chance = self.rng.random()
        if chance < SILENT:
            phone.waits = None
            return
        phone.waits, phone.since = "YES", now()
        if chance < SILENT + NO:
            self.send(phone, f"NO {question[0]}")
            return
        self.send(phone, f"YES {question[0]}")
        if self.rng.random() < TWICE:
            self.send(phone, f"yes {question[0].lower()}")

