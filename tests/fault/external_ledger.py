# SPDX-License-Identifier: AGPL-3.0-or-later
"""What phones and shops were told, read from the files that they wrote (handset-sim/load_record.h,
shop.py), as far as it was written when read() is called.

Texts are those of etc/texts/en.txt.  Times are seconds since 1970.
"""
import os
import re

VALUE = r"((?:\d{4} ){4}\d{4})"
PEER = r"(\+\d+|.* \((\d+)\))"
BOUGHT = re.compile(rf"^Bought (\d+) JPY, value {VALUE}$", re.M)
SENT = re.compile(rf"^(\d+) JPY now belongs to {PEER}\. Value {VALUE}$", re.M)
DONE_BOUGHT = re.compile(rf"^Done \S+(?: \S+)?: bought (\d+) JPY, value {VALUE}$", re.M)
DONE_SENT = re.compile(rf"^Done \S+(?: \S+)?: (\d+) JPY, value {VALUE}, to {PEER}$", re.M)
OWNED = re.compile(r"^Yes, you own it: (\d+) JPY, (.*)$", re.M)
NOT_OWNED = re.compile(r"^No\. You do not own such a value\.$", re.M)
LISTED = re.compile(rf"^(\d+) JPY {VALUE}", re.M)
BALANCE = re.compile(r"^Balance (\d+) JPY$", re.M)
BILL = re.compile(r"^On your bill (\d+) JPY of at most (\d+) JPY$", re.M)
AGREED = re.compile(r"^Buy (\d+) JPY\? Fee (\d+) JPY, (\d+) JPY in all$", re.M)
LOG_DONE = re.compile(rf"^\d\d\S*(?: \d\S+)? (bought )?(\d+) JPY \.\.(\d{{8}})(?: to {PEER})?$", re.M)

# The kinds of dialogues that move value.
MOVES = ("issue", "transfer", "pay")


def plain(value):
    return value.replace(" ", "")


def peer_address(match, at):
    return match.group(at + 1) or match.group(at).lstrip("+")


class Dialogue:
    """One dialogue of one phone.  end: ok, refused, busy, unsure; or why there was no last text
    (timeout, link_down, hangup, unsent, ...); None: still open, or its phone was killed."""

    __slots__ = ("number", "op", "code", "began", "ended", "end", "texts", "answers", "steps",
                 "file", "effect", "last_sent")

    def __init__(self, number, op, code, began, file):
        self.number, self.op, self.code, self.began, self.file = number, op, code, began, file
        self.ended = self.end = self.effect = None
        self.texts = []  # what was read, in order
        self.answers = []  # what was said
        self.steps = []  # seconds from each thing said to the text that came
        self.last_sent = began

    def heard(self, at):
        self.steps.append(at - self.last_sent)

    def definite(self):
        """Was it told whether it was done?"""
        return self.end in ("ok", "refused", "busy")

    def value_dialled(self):
        part = self.code.rstrip("#").split("*")
        return part[3] if self.op in ("transfer", "pay", "check") else None

    def transferee(self):
        return self.code.rstrip("#").split("*")[4]

    def amount_dialled(self):
        return int(self.code.rstrip("#").split("*")[3])

    def last_text(self):
        return self.texts[-1] if self.texts else ""

    def told(self):
        """(value, amount, transferee or None) of the success that its last text tells."""
        if self.end != "ok":
            return None
        text = self.last_text()
        if self.op == "issue":
            found = BOUGHT.search(text)
            return (plain(found.group(2)), int(found.group(1)), None) if found else None
        found = SENT.search(text)
        if not found:
            return None
        return plain(found.group(4)), int(found.group(1)), peer_address(found, 2)

    def confirmed(self):
        """Could it have been done: was nothing asked, or said yes to what was?"""
        return "0" not in self.answers

    def __repr__(self):
        return f"{self.number} {self.code} at {self.began:.3f}: {self.end}"


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), text)


class RecordFile:
    """One life of a load."""

    def __init__(self, path):
        self.path, self.place = path, 0
        self.open = {}  # by number of the dialogue

    def read(self):
        """Dialogues that began and that ended since the last time."""
        began, ended = [], []
        try:
            with open(self.path, "rb") as f:
                f.seek(self.place)
                data = f.read()
        except FileNotFoundError:
            return began, ended
        whole = data.rfind(b"\n") + 1
        self.place += whole
        for line in data[:whole].decode(errors="replace").splitlines():
            self.take(line.split("\t"), began, ended)
        return began, ended

    def close(self, at):
        """The program that wrote it was ended before that time: so were its dialogues."""
        killed = list(self.open.values())
        self.open = {}
        for d in killed:
            d.ended, d.end = at, "killed"
        return killed

    def take(self, part, began, ended):
        kind, number, at = part[0], part[1], int(part[2]) / 1e6
        if kind == "B":
            d = Dialogue(part[3], part[4], unescape(part[5]), at, os.path.basename(self.path))
            self.open[number] = d
            began.append(d)
            return
        if kind == "P":
            return
        d = self.open[number]
        if kind == "A":
            d.answers.append(unescape(part[3]))
            d.last_sent = at
            return
        if kind == "Q":
            d.heard(at)
            d.texts.append(unescape(part[3]))
            return
        d.ended = at
        if kind == "F":
            d.heard(at)
            d.end = part[3]
            d.texts.append(unescape(part[4]))
        else:
            d.end = part[3]
        ended.append(d)
        del self.open[number]


class ShopFile:
    """(began, ended, value, owner) of each answer to a shop."""

    def __init__(self, path):
        self.path, self.place = path, 0

    def read(self):
        try:
            with open(self.path, "rb") as f:
                f.seek(self.place)
                data = f.read()
        except FileNotFoundError:
            return []
        whole = data.rfind(b"\n") + 1
        self.place += whole
        answers = []
        for line in data[:whole].decode().splitlines():
            began, ended, value, answer = line.split("\t")
            answers.append((int(began) / 1e6, int(ended) / 1e6, value, answer == "yes"))
        return answers
