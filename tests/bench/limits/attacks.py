"""Normal traffic beside clients that mean no good: its p99 with and without them, in turn; whether the balancer
lives through it, and whether it has its descriptors back afterwards."""
import os
import select
import statistics
import subprocess
import sys
import time

from balancer import Balancer, cores
from rows import Row
from stage import descriptors, eventually

KINDS = (("slow heads", "heads", 1000), ("slow bodies", "bodies", 500),
         ("5,000 half-open", "open", 5000), ("garbage", "garbage", 100))
AT_MOST = 2.0
RATE, CONNECTIONS = 2000, 32


def measure(stage, options):
    rounds, seconds = (1, 0.5) if options.short else (5, 4)
    upstream = stage.worker_ports(cores()[1])[0]
    balancer = Balancer(stage, [upstream])
    balancer.warm()
    rows = []
    for what, kind, count in KINDS:
        count = count // 10 if options.short else count
        before = descriptors(balancer.pid)
        pairs, failed = [], 0
        for _ in range(rounds):
            alone = normal(stage, balancer, seconds)
            attack = begin(stage, kind, balancer.port, count)
            beside = normal(stage, balancer, seconds)
            said = end(stage, attack)
            came_back(balancer, before)
            pairs.append((alone["p99_us"], beside["p99_us"]))
            failed += alone["failed"] + beside["failed"]
        rows += judge(what, balancer, before, pairs, failed, said)
    if not options.short:
        rows.append(patience(stage, balancer))
    stage.stop(list(stage.running))
    return rows


def normal(stage, balancer, seconds):
    return stage.load(cores()[1], balancer.port, seconds, rate=RATE, connections=CONNECTIONS)


def begin(stage, kind, port, count):
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attack.py")
    attack = stage.start("attack", ["nice", sys.executable, program, kind, str(port), str(count)],
                         cores()[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if attack.stdout.readline().strip() != b"ready":
        raise RuntimeError("the attack did not begin")
    return attack


def end(stage, attack):
    out, _ = attack.communicate(b"", timeout=60)
    stage.running.remove(attack)
    return out.decode().strip().splitlines()[-1]


def patience(stage, balancer):
    """Those who never let go: the balancer closes them itself."""
    count, at_most = 200, 40
    begun = time.monotonic()
    attack = begin(stage, "heads", balancer.port, count)
    closed = bool(select.select([attack.stdout], [], [], at_most)[0])
    took = time.monotonic() - begun
    end(stage, attack)
    text = f"all {count} closed after {took:.0f} s" if closed else f"some still open after {at_most} s"
    return Row("heads without end", text, f"{at_most} s", closed, always=True)


def came_back(balancer, before):
    # What normal traffic left is idle connections to the worker, no more than it had clients.
    return eventually(lambda: descriptors(balancer.pid) <= before + CONNECTIONS, 10)


def judge(what, balancer, before, pairs, failed, said):
    ratios = [beside / max(alone, 1) for alone, beside in pairs]
    ratio = statistics.median(ratios)
    alone, beside = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    back = balancer.lives() and came_back(balancer, before)
    text = (f"p99 {alone:.0f} us without, {beside:.0f} us with: {ratio:.2f} "
            f"({min(ratios):.2f}..{max(ratios):.2f})")
    state = f"{failed} failed, {'lives' if balancer.lives() else 'DIED'}"
    if balancer.lives():
        state += f", descriptors {before} before, {descriptors(balancer.pid)} after; {said}"
    return [Row(what, text, "2 times", ratio <= AT_MOST),
            Row("", state, "", failed == 0 and back, always=True)]
