# SPDX-License-Identifier: AGPL-3.0-or-later
"""What phones texted and read, compared with what is recorded, both ways.

Beside what judge.py finds (USSD of the same world, the rules of the ledger):

    doubled          an operation that no YES asked for, or a code that moved value twice
    told wrongly     a phone was asked for one thing, and another was done
    lost             a phone read of what does not exist
    vanished         a text that an SMSC has, as is recorded, and that no phone read; an operation
                     without a text; a command that was taken and has no reply; an operation that
                     was agreed to, taken and is not there
    without a reason a text that is dead, and nobody can say why
    stuck            a text that could go out, and does not
    disordered       a phone read a text before an older one of its own
    read twice       a phone read the same text again, and no answer was lost at that time
"""
import collections
import re

from judge import ISSUE, NOT_ON_SALE, TRANSFER, Judge, _Marker
from process import now, wait_until
from sms_phones import asked_of, plain
from sms_world import LEASE_S, RESPONSE_S

ELSEWHERE = _Marker("by SMS")
CLOCK_S = 2
VISIBLE_S = 1.0  # from a row's time to its commit
BEFORE_S = RESPONSE_S + 0.5  # an answer may be lost so long after its text was read
AFTER_S = 3.0  # and a dead link found so late
DRAIN_S = 60
SHOWN = 100  # by tegatactl

VALUE = r"((?:\d{4} ){4}\d{4})"
AT = r"\S+(?: \S+)?"
BOUGHT = re.compile(rf"^Bought {AT}: (\d+) JPY, value {VALUE}")
GAVE = re.compile(rf"^(Sent|Paid) {AT}: (\d+) JPY, value {VALUE}, to (?:\+(\d+)|.* \((\d+)\))")
TOOK = re.compile(rf"^Received {AT}: (\d+) JPY, value {VALUE}, from \+(\d+)")
OWNED = re.compile(r"^Yes, you own it: (\d+) JPY")
NOT_OWNED = "No. You do not own such a value."
BALANCE = re.compile(r"^Balance (\d+) JPY$|^On your bill (\d+) JPY", re.M)
KEYS = {"receipt.bought": "Bought", "receipt.sent": "Sent", "receipt.paid": "Paid",
        "receipt.received": "Received"}
ASKED_S = 700  # an answer may come so late: of a question, and of a text in vain

OUTBOX = """
SELECT o.message_id, coalesce(t.address, o.address), o.cause,
	CASE WHEN o.cause = 1 THEN tegata.value_id_text(o.cause_id) END, o.version, o.text_key, o.state,
	o.error, extract(epoch FROM o.created_at), extract(epoch FROM o.next_at - clock_timestamp()),
	o.holder, (SELECT string_agg(r.link || '/' || r.smsc_id, ' ') FROM tegata.outbox_receipt r
	WHERE r.message_id = o.message_id)
FROM tegata.outbox o LEFT JOIN tegata.terminal t ON t.terminal_id = o.terminal_id WHERE o.kind = 1
"""
QUESTIONS = """
SELECT t.address, q.code, q.request_id, q.state, r.outcome
FROM tegata.question q JOIN tegata.terminal t ON t.terminal_id = q.terminal_id
LEFT JOIN tegata.request r ON r.actor_id = q.terminal_id AND r.request_id = q.request_id
"""


class Row:
    """A text as the database has it.  state: 0 waits, 1 sent, 2 told, 3 dead."""

    __slots__ = ("id", "number", "value", "version", "key", "state", "error", "at", "due_s", "held", "ids")

    def __init__(self, row):
        self.id, self.number, self.value, self.key = int(row[0]), row[1], row[3], row[5]
        self.version = int(row[4]) if row[4] else None
        self.state, self.error, self.at = int(row[6]), row[7], float(row[8])
        self.due_s, self.held = float(row[9]) if row[9] else 0, bool(row[10])
        self.ids = [one[5:] for one in (row[11] or "").split()]  # "smpp:a/0000007B" to "a/..."

    def __repr__(self):
        return (f"text {self.id} to {self.number} ({self.key or 'reply'} {self.value or ''}, state "
                f"{self.state}, at {self.at:.3f})")


class SmsJudge(Judge):
    def __init__(self, world):
        super().__init__(world)
        self.texters = set(world.phones.phones)
        self.windows = []  # in which answers of SMSCs may have been lost
        self.seen = set()  # what was told already
        self.used = {}  # (number, code): the operation that it moved
        self.read_from = 0  # heard texts before this one were looked at
        self.asked = {}  # (number, code): what the phone read
        self.agreed = {}  # (number, code): when it first said YES
        self.copies = collections.defaultdict(list)  # (number, text): when it was read

    def elsewhere(self, op):
        return ELSEWHERE if op.number in self.texters else None

    def disturbed(self, fault, began, over):
        if fault.loses_answers:
            self.windows.append((began - BEFORE_S, over + LEASE_S + AFTER_S))

    def once(self, kind, key, text):
        if (kind, key) not in self.seen:
            self.seen.add((kind, key))
            self.violation(kind, text)

    # --- one judgement

    def judge(self, last=False):
        before = len(self.violations)
        phones = self.world.phones
        phones.hear()
        # What was told by now must be in the database ...
        n_heard = len(phones.heard)
        taken = [one for one in phones.sent if one.status == 0]
        super().judge(last)
        self.texts(phones.heard[self.read_from:n_heard])
        self.read_from = n_heard
        rows_at = now()
        rows = [Row(row) for row in self.world.sql(OUTBOX)]
        questions = self.world.sql(QUESTIONS)
        # ... and what is there was asked for, and read, by now.
        phones.hear()
        self.conversations()
        self.moves(questions, taken)
        self.outbox(rows, taken)
        self.order(rows, rows_at)
        return self.violations[before:]

    def conversations(self):
        """What phones were asked, and to what they said yes."""
        sent, heard = self.world.phones.sent, self.world.phones.heard
        for one in sent[self.counts["commands by SMS"]:]:
            word, _, code = one.text.upper().partition(" ")
            if word == "YES" and (one.number, code) not in self.agreed:
                self.agreed[one.number, code] = one.at
        for one in heard[self.counts["texts read"]:]:
            question = asked_of(one)
            if question:
                self.asked.setdefault((one.number, question[0]), question[1])
        self.counts["commands by SMS"], self.counts["texts read"] = len(sent), len(heard)

    # --- what phones were told

    def texts(self, fresh):
        for heard in fresh:
            if heard.text.startswith(tuple(KEYS.values())):
                self.told(heard)
            elif heard.number in self.texters and not asked_of(heard):
                self.answered(heard)

    def told(self, heard):
        bought, gave, took = (one.match(heard.text) for one in (BOUGHT, GAVE, TOOK))
        if bought:
            fits = self.operation(plain(bought.group(2)), ISSUE, int(bought.group(1)), heard.number,
                                  heard.number)
        elif gave:
            fits = self.operation(plain(gave.group(3)), TRANSFER, int(gave.group(2)), heard.number,
                                  gave.group(4) or gave.group(5))
        elif took:
            fits = self.operation(plain(took.group(2)), TRANSFER, int(took.group(1)), took.group(3),
                                  heard.number)
        else:
            self.violation("told strangely", f"{heard}")
            return
        self.counts["told by SMS"] += 1
        if not fits:
            self.violation("lost", f"{heard}: no such operation")
        elif not took:
            for op in fits:
                op.told_at = min(op.told_at, heard.at)

    def operation(self, value, kind, amount, number, owner):
        return [op for op in self.by_value.get(value, ())
                if (op.kind, op.amount, op.number, op.owner) == (kind, amount, number, owner)]

    def answered(self, heard):
        balance = BALANCE.search(heard.text)
        if heard.text.startswith(NOT_ON_SALE):
            self.violation("told wrongly", f"{heard}")
        if OWNED.match(heard.text) or heard.text == NOT_OWNED:
            self.owner(heard, heard.text != NOT_OWNED)
        elif balance:
            self.counts["balances"] += 1
            issued = [op.amount + 10 for op in self.phones[heard.number].operations
                      if op.kind == ISSUE and op.at <= heard.at + CLOCK_S]
            spent = int(balance.group(2)) if balance.group(2) else \
                self.first_balance(heard.number) - int(balance.group(1))
            # It may be an old answer; but nobody can have spent what he did not.
            if spent not in self.sums(heard.number, issued):
                self.violation("balance", f"{heard}: {spent} spent, of {sum(issued)}")

    def sums(self, number, issued):
        """What the phone had spent at any moment, by the order of its operations."""
        ops = sorted((op for op in self.phones[number].operations if op.kind == ISSUE),
                     key=lambda op: op.at)
        sums = [0]
        for op in ops[:len(issued)]:
            sums.append(sums[-1] + op.amount + 10)
        return sums

    def owner(self, heard, owned):
        """One of the values that it asked about, or wanted to give away, was, or was not, its own."""
        self.counts["answers about ownership"] += 1
        for one in reversed(self.world.phones.sent):
            if one.at < heard.at - ASKED_S:
                break
            word, *rest = one.text.split()
            asks = word == "OWNER" or (not owned and word in ("SEND", "PAY"))
            if one.number != heard.number or not asks or one.at > heard.at:
                continue
            if self.could_be(heard.number, rest[0], owned, one.at, heard.at):
                return
        self.violation("ownership", f"{heard}: of no value that was asked about")

    def could_be(self, number, value, owned, began, ended):
        history = self.by_value.get(value, [])
        for n, op in enumerate(history):
            until = history[n + 1].at + CLOCK_S if n + 1 < len(history) else float("inf")
            if op.at - CLOCK_S <= ended and until >= began and (op.owner == number) == owned:
                return True
        return not owned and not history

    # --- what was done

    def moves(self, questions, taken):
        of_request = {row[2]: (row[0], row[1]) for row in questions}
        done = set()
        for op in list(self.operations.values()):
            if op.number not in self.texters:
                continue
            done.add(op.request)
            self.moved(op, of_request.get(op.request))
        self.counts["moved by SMS"] = len(done)
        states = {(row[0], row[1]): row for row in questions}
        for one in taken:
            word, _, code = one.text.partition(" ")
            row = states.get((one.number, code)) if word == "YES" else None
            # State 1: yes.  Without an outcome it was refused in words, or is not done.
            if row and (row[3] == "0" or (row[3] == "1" and row[4] in ("0", "1") and
                                                              row[2] not in done)):
                self.recheck(one, row)

    def recheck(self, one, row):
        """Taken after the database was read, or never done?"""
        state = self.world.sql(QUESTIONS + f" WHERE q.request_id = '{row[2]}'")
        found = self.world.sql(f"SELECT FROM tegata.journal WHERE request_id = '{row[2]}'")
        if state and state[0][3] == "1" and (state[0][4] not in ("0", "1") or found):
            return
        self.once("vanished", row[2], f"{one} was taken, and not done: {state}")

    def moved(self, op, question):
        if not question or question not in self.agreed or question not in self.asked or \
                self.agreed[question] > op.at + CLOCK_S:
            self.once("doubled", op.request, f"{op}: no YES asked for it ({question})")
            return
        if self.used.setdefault(question, op) is not op:
            self.once("doubled", op, f"{op}: {question} had done {self.used[question]}")
        asked = self.asked[question]
        wanted = (ISSUE if asked.kind == "BUY" else TRANSFER, asked.amount, asked.to or op.number)
        if (op.kind, op.amount, op.owner) != wanted:
            self.once("told wrongly", op, f"{op}: asked was {asked}")

    # --- texts

    def outbox(self, rows, taken):
        read = {f"{one.smsc}/{one.id}" for one in self.world.phones.heard}
        by_cause, newest = {}, {}
        states = collections.Counter(row.state for row in rows)
        for state, name in enumerate(("waiting", "sent", "told", "dead")):
            self.counts[f"texts {name}"] = states[state]
        for row in rows:
            by_cause[row.value, row.version, KEYS.get(row.key)] = row
            newest[row.number] = max(newest.get(row.number, 0), row.at)
            if row.state in (1, 2) and not any(one in read for one in row.ids):
                self.once("vanished", row.id, f"{row}: no phone has read {row.ids}")
            if row.state == 3 and not row.error:
                self.once("without a reason", row.id, f"{row}")
        for op in self.operations.values():
            names = ("Bought",) if op.kind == ISSUE else ("Sent", "Paid")
            if not any((op.value, op.version, name) in by_cause for name in names):
                self.once("vanished", op.request, f"{op} has no text")
        for one in taken:
            # Who says yes again gets the reply that he got.
            word, _, code = one.text.upper().partition(" ")
            if word == "YES" and self.agreed[one.number, code] < one.at:
                continue
            if newest.get(one.number, 0) < one.at - CLOCK_S:
                self.once("vanished", id(one), f"{one} was taken, and has no reply")

    def order(self, rows, rows_at):
        """Each phone reads the oldest first, and each once unless an answer was lost."""
        of_id, of_cause = {}, collections.defaultdict(list)
        for row in rows:
            for one in row.ids:
                of_id[one] = row
            if row.key in KEYS:
                of_cause[row.number, KEYS[row.key], row.value].append(row)
        copies, last = collections.defaultdict(list), {}
        for heard in sorted(self.world.phones.heard):
            row = of_id.get(f"{heard.smsc}/{heard.id}") or self.row_of(heard, of_cause)
            if row:
                copies[row].append(heard)
            elif asked_of(heard):
                copies[heard.number, heard.text].append(heard)
            if not row or len(copies[row]) > 1:
                continue
            was = last.get(heard.number)
            if was and was.id > row.id and was_read(copies[was]) > row.at + VISIBLE_S:
                self.once("disordered", row.id, f"{heard} after {was}")
            if not was or was.id < row.id:
                last[heard.number] = row
        for row in rows:
            was = last.get(row.number)
            if row.state == 0 and row not in copies and was and was.id > row.id and \
                    row.at + VISIBLE_S < was_read(copies[was]) < rows_at:
                self.once("disordered", row.id, f"{was} was read, {row} waits")
        again = 0
        for what, some in copies.items():
            again += len(some) - 1
            for n, heard in enumerate(some[1:]):
                self.twice(what, some[n], heard)
        self.counts["read again"] = again

    @staticmethod
    def row_of(heard, of_cause):
        """Of a copy whose id nobody recorded."""
        gave = GAVE.match(heard.text)
        found = BOUGHT.match(heard.text) or TOOK.match(heard.text)
        value = gave.group(3) if gave else found.group(2) if found else None
        rows = of_cause.get((heard.number, heard.text.split()[0], plain(value)), []) if value else []
        return rows[0] if len(rows) == 1 else None

    def twice(self, what, first, heard):
        if not any(began <= first.at <= ended for began, ended in self.windows):
            self.once("read twice", (heard.smsc, heard.id),
                      f"{heard}: {what}, first at {first.at:.3f}; no answer was lost then")

    # --- the end

    def final(self):
        self.drained(DRAIN_S)
        new = super().final()
        self.operators_see()
        return new

    def drained(self, seconds):
        """Texts that can go out do; what waits on is told with its reason."""
        wait_until(lambda: not self.due(), seconds, 0.2)
        for row in self.due():
            self.once("stuck", row.id, f"{row}, due {-row.due_s:.1f} s ago")
        wait_until(lambda: not self.world.sql(
            "SELECT FROM tegata.outbox WHERE holder IS NOT NULL"), LEASE_S + 2, 0.2)

    def due(self):
        return [row for row in map(Row, self.world.sql(OUTBOX + " AND o.state = 0"))
                if row.due_s < -1]

    def operators_see(self):
        """What did not go out, and why, by tegatactl, which shows the newest hundred; and the books."""
        rows = sorted(map(Row, self.world.sql(OUTBOX + " AND o.state IN (0, 3)")),
                      key=lambda row: -row.id)
        dead = [row for row in rows if row.state == 3][:SHOWN]
        self.shown(dead, self.world.ctl_said("outbox", "--dead")[1])
        for row in [row for row in rows if row.state == 0][:SHOWN]:
            self.shown([row], self.world.ctl_said("outbox", row.number)[1])
        code, said = self.world.ctl_said("reconcile")
        if code != 0:
            self.violation("rule", f"tegatactl reconcile: {code}: {said}")

    def shown(self, rows, said):
        for row in rows:
            line = re.search(rf"^\W*{row.id}\W.*$", said, re.M)
            # One that waits is tried again meanwhile.
            if not line or (row.state == 3 and row.error not in line.group()):
                self.once("without a reason", row.id, f"{row}: tegatactl outbox says {line}")


def was_read(copies):
    return copies[0].at


