"""What a request feels of a table change with 500 endpoints: the same even load with and without changes, in
turn. Every change takes 100 endpoints away and brings 100 new ones."""
import statistics
import time

from balancer import Balancer, cores
from contenders import balancer_config
from rows import Row

ENDPOINTS, REPLACED = 500, 100
AT_MOST_MS = 5
RATE = 2000


def measure(stage, options):
    rounds, seconds = (1, 1) if options.short else (5, 8)
    ports = stage.worker_ports(cores()[1], ENDPOINTS + REPLACED)
    balancer = Balancer(stage, ports[:ENDPOINTS])
    tables = []
    for some in (ports[REPLACED:], ports[:ENDPOINTS]):
        with open(balancer_config(stage, balancer.port, some, name="other")) as f:
            tables.append(f.read())
    balancer.warm()
    still, changing, changes = [], [], 0
    for _ in range(rounds):
        still.append(stage.load(cores()[1], balancer.port, seconds, rate=RATE))
        load = stage.begin_load(cores()[1], balancer.port, seconds, rate=RATE)
        end = time.monotonic() + seconds - 0.3
        while time.monotonic() < end:
            time.sleep(0.25)
            balancer.use(tables[changes % 2])
            changes += 1
        changing.append(stage.end_load(load))
    failed = sum(r["failed"] for r in still + changing)
    alive = balancer.lives()
    stage.stop(list(stage.running))
    longest = [max(r["max_us"] for r in some) / 1000 for some in (still, changing)]
    beyond = longest[1] - longest[0]
    requests = sum(r["requests"] for r in changing)
    return [
        Row(f"{changes} table changes", f"{failed} of {requests:,} requests failed", "0",
            failed == 0 and alive, always=True),
        Row("  p99.9", f"{at(still, 'p999_us'):.2f} ms without, {at(changing, 'p999_us'):.2f} ms with",
            "", None),
        Row("  longest", f"{longest[0]:.2f} ms without, {longest[1]:.2f} ms with", "5 ms beyond",
            beyond <= AT_MOST_MS),
        Row("  longest, median", f"{at(still, 'max_us'):.2f} ms without, {at(changing, 'max_us'):.2f} ms "
            "with", "", None),
    ]


def at(rounds, key):
    return statistics.median(r[key] for r in rounds) / 1000
