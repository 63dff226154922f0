# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compares what was told with what is recorded, both ways.

Told and recorded: every success that a phone was told exists exactly once, with its owner, amount
and charge; so does what a later dialogue told of it; every answer about ownership, every balance
and every list of last operations was true when it was given.

Recorded and told: every operation in the database was asked for by exactly one dialogue of that
phone, which was told its success, or was told nothing definite; what was refused or declined had no
effect.  What was not definite is asked by "last operations" later, and must agree.

Records are read before the database, so that all that was told must be in what is seen there.
A judgement looks at what is new since the last one; final() compares everything once more.
"""
import bisect
import collections

from external_ledger import (AGREED, BALANCE, BILL, DONE_BOUGHT, DONE_SENT, LISTED, LOG_DONE, MOVES,
                             NOT_OWNED, OWNED, Dialogue, RecordFile, ShopFile, peer_address, plain)
from process import now
from world import SHOP

ISSUE, TRANSFER = 1, 2
NEVER = float("inf")
NOT_ON_SALE = ("This is not on sale", "Nothing is on sale")  # which is never so here
# Managers follow the database's clock as well as they can see it; a slow link blurs it.
CLOCK_S = 2
# A row's time is taken before its commit, which a slow disk may hold up.
COMMIT_S = 60
# Longer than a dialogue can be open.
FORGET_S = 120

OPERATIONS = """
SELECT CASE coalesce(j.operation, r.operation) WHEN 1 THEN 1 ELSE 2 END,
	coalesce(j.actor_id, r.actor_id), tegata.value_id_text(coalesce(j.value_id, r.value_id)), coalesce(j.version, r.version),
	coalesce(v.amount, r.amount), j.owner_id, r.request_id IS NOT NULL, j.request_id IS NOT NULL,
	('x' || substr(replace(coalesce(j.request_id, r.request_id)::text, '-', ''), 1, 12))::bit(48)::bigint,
	extract(epoch FROM coalesce(j.at, r.at)),
	(SELECT string_agg(concat_ws(':', c.kind, c.debit_account, c.credit_account, c.amount), ' ' ORDER BY c.kind)
	FROM tegata.charge c WHERE c.home = j.home AND c.cause_id = j.value_id AND c.version = j.version),
	coalesce(j.request_id, r.request_id)
FROM (SELECT * FROM tegata.journal WHERE actor_id IS NOT NULL AND operation IN (1, 2)
	AND at > to_timestamp(%(since)f)) j
FULL JOIN (SELECT * FROM tegata.request WHERE outcome IN (0, 1) AND at > to_timestamp(%(since)f)) r
	ON r.actor_id = j.actor_id AND r.request_id = j.request_id
LEFT JOIN tegata.value v ON v.home = j.home AND v.value_id = j.value_id
"""


class Operation:
    """One change of ownership as the database has it."""

    __slots__ = ("kind", "actor", "number", "value", "version", "amount", "owner", "minted", "at", "charges",
                 "request", "dialogue", "told_at", "read_at")

    def __init__(self, row, names):
        self.kind, self.actor, self.value = int(row[0]), row[1], row[2]
        self.number = names.get(row[1], f"terminal {row[1]}")
        self.version, self.amount = int(row[3] or 0), int(row[4] or 0)
        self.owner = names.get(row[5], f"terminal {row[5]}") if row[5] else None
        self.minted, self.at = int(row[8]) / 1000, float(row[9])
        self.charges, self.request = row[10], row[11]
        self.dialogue = None  # that asked for it
        self.told_at = NEVER  # when its phone knew
        self.read_at = None  # when the judge saw it first

    def possible_from(self):
        return self.dialogue.began if self.dialogue else self.minted - CLOCK_S

    def __repr__(self):
        return (f"{'issue' if self.kind == ISSUE else 'transfer'} of {self.value} version "
                f"{self.version} to {self.owner} by {self.number}, request {self.request}")


class Phone:
    """What is known of one number."""

    def __init__(self):
        self.dialogues = []  # recent ones that could move value, by their beginning
        self.operations = []  # of the database, by request id
        self.known = 0  # money: of operations that it was told of and that are not in `recent`
        self.unsure = []  # dialogues that were told nothing definite, until asked


class Judge:
    def __init__(self, world):
        self.world = world
        # Numbers as they were at the beginning: who garbles what an exchange says can make the
        # manager believe that a phone has another one.
        self.names = dict(world.sql("SELECT terminal_id, address FROM tegata.terminal"))
        self.files = {}
        self.shop_file = ShopFile(world.shop.path)
        self.phones = collections.defaultdict(Phone)
        self.operations = {}  # (value, version)
        self.by_value = collections.defaultdict(list)
        self.violations = []
        self.excused = []  # spans of time in which phones' records are no evidence
        self.untimed = False  # clocks were stepped: the database's times are no evidence
        self.counts = collections.Counter()
        self.steps = []  # (when, seconds) a phone waited for a text
        self.newest = 0.0
        self.questions = []  # answers about ownership that wait for certainty
        self.silent = []  # dialogues that no text ended

    def violation(self, kind, text):
        self.violations.append((kind, text))
        self.counts[kind] += 1
        self.world.note("violation", kind=kind, text=text)

    # --- one judgement

    def judge(self, last=False):
        """The violations that are new.  last: nothing goes on any more."""
        before = len(self.violations)
        read_at = now() + (CLOCK_S + 1 if last else 0)
        began, ended = [], []
        for load in self.world.loads:
            for path in load.records:
                one = self.files.setdefault(path, RecordFile(path))
                some_began, some_ended = one.read()
                began += some_began
                ended += some_ended
                if path != load.records[-1]:
                    ended += one.close(load.began[path])
        shop = self.shop_file.read()
        self.rules()
        self.operations_read(read_at)
        self.dialogues_add(began)
        for d in ended:
            self.ended(d)
        self.untold_match(read_at)
        for d in ended:
            self.answers_judge(d)
        for answer in shop:
            self.counts["answers to shops"] += 1
            self.ownership(SHOP, answer[2], answer[3], answer[0], answer[1], "the shop")
        self.forget(read_at)
        return self.violations[before:]

    def rules(self):
        for invariant, thing, detail in self.world.sql(
                "SELECT invariant, object, detail FROM audit.violations LIMIT 20"):
            self.violation("rule", f"{invariant} {thing}: {detail}")

    def excuse(self, began, ended):
        """What was written down in this time is no evidence."""
        self.excused.append((began, ended))

    def is_excused(self, began, ended):
        return any(began <= last and (ended or NEVER) >= first for first, last in self.excused)

    def disturbed(self, fault, began, over):
        """A fault is over."""

    def elsewhere(self, op):
        """A marker where it is no dialogue that asked for it."""
        return None

    # --- the database

    def operations_read(self, read_at, everything=False):
        since = 0 if everything or self.untimed else max(0, self.newest - COMMIT_S)
        fresh = []
        for row in self.world.sql(OPERATIONS % {"since": since}, seconds=120):
            op = Operation(row, self.names)
            key = (op.value, op.version, op.request)
            if key in self.operations:
                self.same(self.operations[key], op)
                continue
            self.operations[key] = op
            if row[6] != "t" or row[7] != "t":
                self.violation("half done", f"{op}: " + (
                    "no request is kept" if row[6] != "t" else "a request without an effect"))
            op.read_at = now()
            op.dialogue = self.elsewhere(op)
            if self.untimed:
                op.minted = 0  # at any time
            fresh.append(op)
            self.newest = max(self.newest, min(op.at, read_at))
        for op in fresh:
            self.by_value[op.value].append(op)
            self.by_value[op.value].sort(key=lambda one: one.version)
            bisect.insort(self.phones[op.number].operations, op, key=lambda one: one.request)
            self.charges(op)
        self.counts["operations in the database"] = len(self.operations)

    def same(self, was, op):
        if (was.owner, was.amount, was.charges, was.number) != (op.owner, op.amount, op.charges,
                                                                op.number):
            self.violation("changed", f"{op}: was {was}")

    def charges(self, op):
        """Exactly the amount and the fee, from who asked, and nothing for a transfer."""
        fee = 10
        wanted = (f"1:{op.actor}:-1:{op.amount} 2:{op.actor}:-2:{fee}"
                  if op.kind == ISSUE else "")
        if op.charges != wanted:
            self.violation("charged wrongly", f"{op}: {op.charges or 'nothing'}, "
                           f"not {wanted or 'nothing'}")

    # --- dialogues

    def dialogues_add(self, began):
        for d in began:
            self.counts["dialogues"] += 1
            if d.op in MOVES:
                self.phones[d.number].dialogues.append(d)

    def candidates(self, d, kind, value=None):
        """Operations of the database that this dialogue may have asked for, unclaimed so far."""
        found = [op for op in self.phones[d.number].operations
                 if op.kind == kind and op.dialogue is None and (value is None or op.value == value)]
        if self.untimed:
            return found
        return [op for op in found if self.is_within(op, d)]

    def is_within(self, op, d):
        return d.began - CLOCK_S <= op.minted <= (d.ended or NEVER) + CLOCK_S

    def ended(self, d):
        self.steps += [(d.began, step) for step in d.steps]
        self.counts[f"told {d.end}"] += 1
        if d.end in ("timeout", "link_down", "released", "error", "rejected", "malformed"):
            self.silent.append(d)
        if d.op not in MOVES:
            return
        self.counts["operations judged"] += 1
        told = d.told()
        if self.is_excused(d.began, d.ended):
            self.counts["no evidence"] += 1
            return
        if d.last_text().startswith(NOT_ON_SALE):
            self.violation("told wrongly", f"{d}: {d.last_text()}")
        if told:
            self.success(d, told)
        elif d.end == "ok":
            self.violation("told strangely", f"{d}: {d.last_text()}")
        elif not d.definite() and not (d.end == "hangup" or d.end == "unsent"):
            self.counts["told nothing definite"] += 1
            self.phones[d.number].unsure.append(d)

    def success(self, d, told):
        value, amount, transferee = told
        self.counts["told success"] += 1
        kind = ISSUE if d.op == "issue" else TRANSFER
        if d.effect:  # was matched while it was open
            op = d.effect
            if op.value != value:
                self.violation("doubled", f"{d} was told {value}, and has done {op} too")
                return
        else:
            found = self.candidates(d, kind, value)
            if not found:
                claimed = any(op.dialogue for op in self.phones[d.number].operations
                              if op.kind == kind and op.value == value and self.is_within(op, d))
                self.violation("told twice" if claimed else "lost",
                               f"{d} was told of {value}, which " + (
                                   "another dialogue had bought" if claimed else "does not exist"))
                return
            op = found[0]
            op.dialogue, d.effect = d, op
        op.told_at = d.ended
        owner = d.number if kind == ISSUE else d.transferee()
        if op.owner != owner or op.amount != amount or (transferee and transferee != owner):
            self.violation("told wrongly", f"{d} was told {told}, recorded is {op}, {op.amount}")
        if kind == ISSUE and op.amount != d.amount_dialled():
            self.violation("told wrongly", f"{d} got {op.amount}")
        for text in d.texts:
            agreed = AGREED.search(text)
            if agreed and f" 2:{op.actor}:-2:{agreed.group(2)}" not in " " + op.charges:
                self.violation("charged wrongly", f"{d} agreed to {agreed.group(0)}: {op.charges}")

    def untold_match(self, read_at):
        """Operations that nobody was told of: which dialogue asked for them?"""
        for phone in self.phones.values():
            for op in phone.operations:
                # What was done while the records were read is for the next judgement.
                late = op.read_at > read_at if self.untimed else op.minted > read_at - CLOCK_S
                if op.dialogue or late:
                    continue
                self.untold(phone, op)

    def untold(self, phone, op):
        # A dialogue may have begun before, or ended after, what it has done.
        when = op.minted or op.read_at
        if self.is_excused(when - CLOCK_S, when + CLOCK_S) or op.number is None:
            op.dialogue = EXCUSED
            return
        kinds = ("issue",) if op.kind == ISSUE else ("transfer", "pay")
        fits = [d for d in phone.dialogues if d.op in kinds and d.effect is None and
                (self.untimed or self.is_within(op, d)) and
                (d.amount_dialled() == op.amount if op.kind == ISSUE else
                 d.value_dialled() == op.value and d.transferee() == op.owner)]
        open_ones = [d for d in fits if not d.definite() and d.confirmed() and d.end != "unsent"]
        if open_ones:
            op.dialogue, open_ones[0].effect = open_ones[0], op
            if open_ones[0].end:
                self.counts["done, nobody told at once"] += 1
        elif fits and not fits[0].told():
            op.dialogue, fits[0].effect = fits[0], op
            self.violation("refusal with effect", f"{fits[0]} ({fits[0].last_text()!r}): {op}")
        else:
            op.dialogue = NOBODY
            self.violation("doubled", f"{op}: no dialogue asked for it, or one had asked for another")

    # --- answers

    def answers_judge(self, d):
        if self.is_excused(d.began, d.ended):
            return
        for text in d.texts:
            for found in DONE_BOUGHT.finditer(text):
                self.told_later(d, ISSUE, plain(found.group(2)), int(found.group(1)), d.number)
            for found in DONE_SENT.finditer(text):
                self.told_later(d, TRANSFER, plain(found.group(2)), int(found.group(1)),
                                peer_address(found, 3))
        if d.op == "check" and d.end in ("ok", "refused"):
            if OWNED.search(d.last_text()):
                self.ownership(d.number, d.value_dialled(), True, d.began, d.ended, d)
            elif NOT_OWNED.search(d.last_text()):
                self.ownership(d.number, d.value_dialled(), False, d.began, d.ended, d)
        elif d.op == "list":
            for found in LISTED.finditer("\n".join(d.texts)):
                self.ownership(d.number, plain(found.group(2)), True, d.began, d.ended, d)
        elif d.op == "balance":
            self.balance(d)
        elif d.op == "log" and d.texts:
            self.log(d)

    def told_later(self, d, kind, value, amount, owner):
        """"Done 10:02: ..." in front of another dialogue."""
        for op in self.phones[d.number].operations:
            if (op.kind, op.value, op.amount, op.owner) == (kind, value, amount, owner):
                if op.told_at == NEVER:
                    op.told_at = d.ended
                    self.counts["told by the next dialogue"] += 1
                return
        self.violation("lost", f"{d} was told that {value} of {amount} was handed to {owner}")

    def committed_by(self, op):
        """When it was surely in the database."""
        return op.read_at if self.untimed else op.at + COMMIT_S

    def ownership(self, who, value, owned, began, ended, asker):
        """Was it so at any moment between question and answer?"""
        self.counts["answers about ownership"] += 1
        history = self.by_value.get(value, [])
        possible = certain = False
        for n, op in enumerate(history):
            if op.owner != who:
                continue
            later = history[n + 1] if n + 1 < len(history) else None
            # The next owner's could be so from the moment at which it was asked for.
            gone_first = later.possible_from() if later else NEVER
            gone_last = min(later.told_at, self.committed_by(later)) if later else NEVER
            possible |= op.possible_from() <= ended and gone_last >= began
            certain |= op.told_at <= began and gone_first > ended
        if owned and not possible:
            self.violation("ownership", f"{asker} was told that it owns {value} at {began:.3f}: "
                           f"{history}")
        if not owned and certain and not self.is_excused(began, ended):
            self.violation("ownership", f"{asker} was told that it does not own {value} at "
                           f"{began:.3f}: {history}")

    def spent(self, d):
        """What the phone had surely spent when d began, and what at most when it ended."""
        sure = most = 0
        for op in self.phones[d.number].operations:
            if op.kind == ISSUE and op.possible_from() <= d.ended:
                cost = op.amount + 10
                most += cost
                sure += cost if op.told_at <= d.began else 0
        return sure, most

    def balance(self, d):
        text = "\n".join(d.texts)
        prepaid, bill = BALANCE.search(text), BILL.search(text)
        if not prepaid and not bill:
            return
        self.counts["balances"] += 1
        sure, most = self.spent(d)
        spent = int(bill.group(1)) if bill else self.first_balance(d.number) - int(prepaid.group(1))
        if not sure <= spent <= most:
            self.violation("balance", f"{d}: {text!r}, but between {sure} and {most} were spent")

    @staticmethod
    def first_balance(number):
        return 3000 if number.endswith("9") else 100000000

    def log(self, d):
        """The last operations: the newest first, none that is not recorded, none left out that the
        phone knew of."""
        self.counts["last operations"] += 1
        entries = [(bool(found.group(1)), int(found.group(2)), found.group(3))
                   for found in LOG_DONE.finditer("\n".join(d.texts))]
        phone = self.phones[d.number]
        known = [op for op in reversed(phone.operations) if op.possible_from() <= d.ended]
        at = 0
        for entry in entries:
            while at < len(known):
                op = known[at]
                at += 1
                if (op.kind == ISSUE, op.amount, op.value[-8:]) == entry:
                    break
                if op.told_at <= d.began:
                    self.violation("last operations", f"{d} leaves out {op}: {entries}")
            else:
                self.violation("last operations", f"{d} has {entry}, which is not recorded")
                return
        if d.end == "ok" or d.end == "hangup":
            for unsure in phone.unsure:
                if unsure.ended <= d.began:
                    self.counts["asked by last operations"] += 1
            phone.unsure = [one for one in phone.unsure if one.ended > d.began]

    # --- what is over

    def forget(self, read_at):
        """Old dialogues that are settled; what they told is kept in the operations."""
        for phone in self.phones.values():
            phone.dialogues = [d for d in phone.dialogues
                               if d.began > read_at - FORGET_S or
                               (d.effect is None and d.ended is None)]
            for d in phone.dialogues:
                if d.ended and d.ended < read_at - FORGET_S:
                    d.texts = []

    def unasked(self):
        """Dialogues that were told nothing definite, and whose phone never asked again."""
        return [d for phone in self.phones.values() for d in phone.unsure]

    def unanswered(self):
        """Dialogues that ended since the last call because nothing came, or the link broke."""
        some, self.silent = self.silent, []
        return some

    def ask_rest(self):
        """Phones that died, or were never answered, look at their last operations now."""
        for d in self.unasked():
            asking = Dialogue(d.number, "log", "*188*7#", now(), d.file)
            text = self.world.probe.ask_as(d.number, asking.code)
            asking.ended = now()
            if text is not None:
                asking.end, asking.texts = "ok", [text]
                self.answers_judge(asking)

    def final(self):
        """Everything once more: what was seen must still be there."""
        new = self.judge(last=True)
        seen = self.operations
        found = set()
        for row in self.world.sql(OPERATIONS % {"since": 0}, seconds=300):
            op = Operation(row, self.names)
            key = (op.value, op.version, op.request)
            found.add(key)
            if key in seen:
                self.same(seen[key], op)
        for key, op in seen.items():
            if key not in found:
                self.violation("lost", f"{op} was in the database, and is not any more")
        return new


class _Marker:
    """Stands where an operation has no dialogue."""

    def __init__(self, name):
        self.name, self.began, self.ended = name, 0.0, NEVER

    def __repr__(self):
        return self.name


EXCUSED, NOBODY = _Marker("no evidence"), _Marker("nobody")
