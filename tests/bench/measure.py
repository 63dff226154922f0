# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a load costs: CPU time, memory and WAL of the processes involved, while a command runs."""
import os
import subprocess
import time


def children_of(pid):
    """From the kernel's list: whoever looks through all of /proc for it takes a core for a while,
    in the middle of what is measured."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as f:
                found += [int(child) for child in f.read().split()]
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
        self.session = subprocess.Popen(["psql", "-XAtq", "-d", "tegata"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def sql(self, text):
        return subprocess.run(["psql", "-XAtq", "-d", "tegata", "-c", text], check=True,
                              capture_output=True, text=True).stdout.strip()

    def wal(self):
        """Octets until now, by a session that is there: a new one costs as much as ten dialogues."""
        print("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn;", file=self.session.stdin,
              flush=True)
        answer = self.session.stdout.readline()
        if not answer:
            raise RuntimeError("PostgreSQL ended the session that reads its WAL position")
        return int(answer)

    def snapshot(self, pids):
        return time.monotonic(), self.wal(), {name: cpu_s(pid) for name, pid in pids.items()}

    def run(self, name, command, settle_s, seconds, more=0):
        """Runs the command (more: as often again beside it) and looks at seconds of it that begin
        settle_s after its start.  (its output, figures a second)  Memory: the command's while it
        runs, that of the others when it is over."""
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
            memory = {n: memory_kib(pid) for n, pid in pids.items() if n not in self.pids}
            codes = [p.wait(60) for p in loads]
            memory |= {n: memory_kib(pid) for n, pid in self.pids.items()}
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
