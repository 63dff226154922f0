# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a load costs: CPU time, memory and WAL of the processes involved, while a command runs."""
import os
import subprocess
import time


def parent_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        return int(f.read().rpartition(")")[2].split()[1])


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if parent_of(entry) == pid:
                    found.append(int(entry))
            except OSError:
                pass
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
    """Resident, without what is shared with others counted twice."""
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

    def sql(self, text):
        return subprocess.run(["psql", "-XAtq", "-d", "tegata", "-c", text], check=True,
                              capture_output=True, text=True).stdout.strip()

    def snapshot(self, pids):
        wal = int(self.sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))
        return time.monotonic(), wal, {name: cpu_s(pid) for name, pid in pids.items()}

    def run(self, name, command, settle_s, seconds, more=0):
        """Runs the command (more: as often again beside it) and looks at seconds of it that begin
        settle_s after its start.  (its output, figures a second)"""
        started, stolen = time.monotonic(), stolen_s()
        out = [open(f"{self.dir}/{name}.out{i}", "w+") for i in range(1 + more)]
        with open(f"{self.dir}/{name}.log", "a") as log:
            loads = [subprocess.Popen(command, stdout=o, stderr=log, text=True) for o in out]
        try:
            pids = {**self.pids, **{f"{name} {i}" if i else name: p.pid
                                    for i, p in enumerate(loads)}}
            time.sleep(settle_s)
            begin = self.snapshot(pids)
            time.sleep(seconds)
            end = self.snapshot(pids)
            memory = {n: memory_kib(pid) for n, pid in pids.items()}
            codes = [p.wait(60) for p in loads]
            stolen = (stolen_s() - stolen) / (time.monotonic() - started)
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
        if any(codes):
            raise RuntimeError(f"{' '.join(command)}: exit code {codes}\n{texts[0][-2000:]}")
        took = end[0] - begin[0]
        cpu = {n: (end[2][n] - begin[2][n]) / took for n in pids}
        for i in range(1, 1 + more):
            cpu[name] += cpu.pop(f"{name} {i}")
            memory[name] += memory.pop(f"{name} {i}")
        return texts, {"cpu": cpu, "wal": (end[1] - begin[1]) / took, "memory_kib": memory,
                       "stolen": stolen / os.cpu_count()}
