# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a load costs: CPU time, memory and WAL of the processes involved, while a command runs."""
import glob
import os
import subprocess
import time


def children_of(pid):
    """From the kernel's list: whoever looks through all of /proc for it takes a core for a while,
    in the middle of what is measured."""
    found = []
    for lists in glob.iglob(f"/proc/{pid}/task/*/children"):
        try:
            with open(lists) as f:
                found += [int(child) for child in f.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass  # a thread that has ended
    return found


def cpu_s(pid):
    """Of a process and its children that live, in all their threads: what the scheduler counted,
    since ticks miss who sleeps again before the next one."""
    total = 0
    for p in [pid, *children_of(pid)]:
        try:
            for thread in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{thread}/schedstat") as f:
                    total += int(f.read().split()[0])
        except OSError:
            pass
    return total / 1e9


def stolen_s():
    """CPU time of this machine that its host gave to others."""
    with open("/proc/stat") as f:
        return int(f.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid):
    """Resident, without what is shared with others counted twice.  Reads the page tables, which
    takes PostgreSQL's a tenth of a second and more: not while something is measured."""
    total = 0
    for p in [pid, *children_of(pid)]:
        try:
            with open(f"/proc/{p}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            pass
    return total


class Bench:
    def __init__(self):
        self.dir = os.environ["ENV_DIR"]
        with open(f"{self.dir}/pg/data/postmaster.pid") as f:
            self.pids = {"postgres": int(f.readline())}
        for name in ("manager", "gateway", "nginx", "hello"):
            try:
                with open(f"{self.dir}/{name}.pid") as f:
                    self.pids[name] = int(f.read())
            except FileNotFoundError:
                pass
        if not children_of(self.pids["postgres"]):
            raise RuntimeError("the kernel lists no children (CONFIG_PROC_CHILDREN): no CPU to tell")
        self.session = subprocess.Popen(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "tegata"],
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.wal()

    def sql(self, text):
        return subprocess.run(["psql", "-XAtq", "-d", "tegata", "-c", text], check=True,
                              capture_output=True, text=True).stdout.strip()

    def wal(self):
        """Octets until now, by a session that is there: a new one costs as much as ten dialogues."""
        try:
            print("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn;", file=self.session.stdin,
                  flush=True)
            return int(self.session.stdout.readline())
        except (BrokenPipeError, ValueError):
            raise RuntimeError("the session that reads the WAL position has ended") from None

    def snapshot(self, pids):
        cpu = {name: cpu_s(pid) for name, pid in pids.items()}
        return time.monotonic(), self.wal(), cpu, stolen_s()

    def run(self, name, command, settle_s, seconds, more=0):
        """Runs the command (more: as often again beside it) and looks at seconds of it that begin
        settle_s after its start.  (its output, figures a second)  Memory at their end, PostgreSQL's
        when the command is over."""
        out = [open(f"{self.dir}/{name}.out{i}", "w+") for i in range(1 + more)]
        with open(f"{self.dir}/{name}.log", "a") as log:
            loads = [subprocess.Popen(command, stdout=o, stderr=log, text=True) for o in out]
        memory = None
        try:
            pids = {**self.pids, **{f"{name} {i}" if i else name: p.pid
                                    for i, p in enumerate(loads)}}
            time.sleep(settle_s)
            if all(p.poll() is None for p in loads):
                begin = self.snapshot(pids)
                time.sleep(seconds)
                end = self.snapshot(pids)
                memory = {n: memory_kib(pid) for n, pid in pids.items() if n != "postgres"}
            codes = [p.wait(60) for p in loads]
        finally:
            for p in loads:
                if p.poll() is None:
                    p.kill()
                    p.wait()
        texts = []
        for o in out:
            with o:
                o.seek(0)
                texts.append(o.read())
        if any(codes) or not memory:
            raise RuntimeError(f"{' '.join(command)}: exit code {codes}\n{texts[0][-2000:]}")
        memory["postgres"] = memory_kib(self.pids["postgres"])
        took = end[0] - begin[0]
        cpu = {n: (end[2][n] - begin[2][n]) / took for n in pids}
        for i in range(1, 1 + more):
            cpu[name] += cpu.pop(f"{name} {i}")
            memory[name] += memory.pop(f"{name} {i}")
        return texts, {"cpu": cpu, "wal": (end[1] - begin[1]) / took, "memory_kib": memory,
                       "stolen": (end[3] - begin[3]) / took / os.cpu_count()}
