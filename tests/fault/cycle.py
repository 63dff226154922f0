# SPDX-License-Identifier: AGPL-3.0-or-later
"""One world from its start to its end: fault after fault, each judged."""
import os
import time
import traceback

from fault import FaultError
from judge import Judge
from levels import Levels
from process import now
from schedule import Schedule
from sms_judge import SmsJudge
from sms_world import SmsWorld
from world import World

READY_S = 2  # of each daemon, from its start
ANSWER_S = 5  # at the manager's edge
ANSWER_SLACK_S = 0.5  # the way through the harness
WARM_S, WARM_SHORT_S = 5, 2.5
SETTLE_S, SETTLE_SHORT_S = 1.5, 0.7  # between service and judgement
RATE, RATE_SHORT = 60, 40
QUIET_S = 40  # idle-timeout of a dialogue, and what the harness takes
KINDS = {"sms": (SmsWorld, SmsJudge)}  # of worlds that are not as all the others


class WorldRun:
    def __init__(self, kind, faults, options, report, n):
        self.kind, self.options, self.report, self.n = kind, options, report, n
        # Beside other work on a small machine time is no promise; figures are printed all the same.
        self.slack = float(os.environ.get("FAULT_SLACK", "5" if options.short else "1"))
        self.schedule = Schedule(options.seed, kind, faults, options.short, bool(options.only))
        rate = options.rate or (RATE_SHORT if options.short else RATE)
        world_class, self.judge_class = KINDS.get(kind, (World, Judge))
        self.world = world_class(kind, options.seed, rate=rate)
        self.prepared = [one() for one in self.schedule.faults]
        self.ready_seen = {}
        self.judge = None

    def run(self, seconds):
        """The number of the last TAP line."""
        world = self.world
        levels = Levels(world)
        rows = []
        try:
            for fault in self.prepared:
                fault.prepare(world)
            world.start()
            self.judge = self.judge_class(world)
            levels.start()
            time.sleep(WARM_SHORT_S if self.options.short else WARM_S)
            end = time.monotonic() + seconds
            # At least each once; in the short form no more.
            left = self.schedule.round_size()
            while left > 0 or (not self.options.short and time.monotonic() < end):
                self.one(*self.schedule.next())
                left -= 1
            self.finish(levels)
            rows = levels.judge()
        except Exception as why:  # the other worlds are still to come
            world.problem("harness", f"{type(why).__name__}: {why}")
            self.n += 1
            print(f"not ok {self.n} - the world {self.kind} goes on")
            print("".join(f"#   {line}\n" for line in traceback.format_exc().splitlines()),
                  flush=True)
        finally:
            levels.stop()
            world.stop()
            if self.judge:
                self.report.world_add(world, self.judge, rows)
            broken = world.problems or (self.judge and self.judge.violations)
            if not (self.options.keep or broken or not self.judge):
                world.remove()
            else:
                print(f"# kept: {world.dir}", flush=True)
        return self.n

    # --- one fault

    def one(self, number, fault, rng, gap_s, hold_s):
        world = self.world
        time.sleep(gap_s)
        problems = len(world.problems)
        began = now()
        world.note("inject", number=number, fault=fault.name, hold=hold_s)
        try:
            fault.inject(world, rng)
            time.sleep(hold_s)
            healing = now()
            fault.heal(world)
        except FaultError as why:
            world.problem("not injected", f"{fault.name}: {why}")
            healing = now()
        healed = now()
        world.note("healed", number=number, fault=fault.name)
        served = self.service(fault)
        self.judge.disturbed(fault, began, now())
        if fault.corrupts_exchange:
            self.judge.excuse(began, now() + 1)
        self.judge.untimed |= fault.steps_clock
        time.sleep(SETTLE_SHORT_S if self.options.short else SETTLE_S)
        judged = self.judge.counts["operations judged"]
        steps = len(self.judge.steps)
        violations = self.judge.judge()
        self.edge(fault, began, healed + (served or 0), steps)
        self.readiness()
        self.report.faults.append({
            "name": fault.name, "kind": fault.kind, "held_s": healing - began, "served_s": served,
            "violations": len(violations)})
        self.tap(number, fault, healing - began, served,
                 self.judge.counts["operations judged"] - judged, violations,
                 world.problems[problems:])

    def service(self, fault):
        world = self.world
        limit = (fault.service_s or 60) * self.slack
        served = world.probe.wait(max(limit, 30))
        if served is None or (fault.service_s and served > limit):
            world.problem("no service", f"after {fault.name}: " + (
                "in vain" if served is None else f"{served:.1f} s, promised are {limit:.0f} s"))
        world.recover()
        return served

    def readiness(self):
        for daemon in self.world.daemons:
            seen = self.ready_seen.get(daemon.name, 0)
            for took in daemon.ready_s[seen:]:
                if took > READY_S * self.slack:
                    self.world.problem("ready late", f"{daemon.name} after {took:.2f} s")
            self.ready_seen[daemon.name] = len(daemon.ready_s)

    def edge(self, fault, began, over, steps):
        """Each thing said to the manager is answered in time, unless the fault took the edge away."""
        limit = ANSWER_S * max(1, self.slack / 2) + ANSWER_SLACK_S
        for when, took in self.judge.steps[steps:]:
            broken = fault.breaks_edge and when <= over + 1 and when + took >= began
            if not broken:
                self.report.steps.append(took)
            if not broken and took > limit:
                self.world.problem("answered late", f"{took:.2f} s, {fault.name} at "
                                   f"{began:.3f}, said at {when:.3f}")
        for d in self.judge.unanswered():
            broken = fault.breaks_edge and d.began <= over + 1 and d.ended >= began
            if not broken:
                self.world.problem("not answered", f"{d}, {fault.name} at {began:.3f}")

    def tap(self, number, fault, held, served, judged, violations, problems):
        self.n += 1
        good = not violations and not problems
        print(f"{'ok' if good else 'not ok'} {self.n} - {self.kind} {number}: {fault.name}, held "
              f"{held:.1f} s, served after " + ("-" if served is None else f"{served:.2f} s") +
              f", {judged} operations judged", flush=True)
        for what, text in list(violations)[:10] + list(problems)[:10]:
            print(f"#   {what}: {text}"[:1500], flush=True)

    # --- the end of the world

    def finish(self, levels):
        """The load ends; who does not know how something ended asks; all is judged once more."""
        world = self.world
        for load in world.loads:
            load.signal(15)
        for load in world.loads:
            code = load.wait(60)
            if code != 0:
                world.problem("load", f"{load.name} ended with {code}: {load.log_tail(3)}")
        world.load_end()
        world.shop.stop()
        self.judge.judge()
        self.judge.ask_rest()
        self.judge.final()
        for d in self.judge.unasked():
            world.problem("never known", f"{d}: could not be asked by last operations")
        levels.quiet(QUIET_S)
