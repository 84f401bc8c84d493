"""How much the balancer grows while one large body flows through it, up or down."""
from balancer import Balancer, cores
from rows import Row
from stage import forget_peak, peak_bytes, resident_bytes

AT_MOST = 16 * 1024 * 1024


def measure(stage, options):
    size = (32 if options.short else 1024) * 1024 * 1024
    upstream = stage.worker_ports(cores()[1])[0]
    balancer = Balancer(stage, [upstream])
    stage.load(cores()[1], balancer.port, connections=1, requests=1)
    rows = []
    for what, how in (("up", {"body": size}), ("down", {"path": f"/bytes/{size}"})):
        before = resident_bytes(balancer.pid)
        forget_peak(balancer.pid)
        done = stage.load(cores()[1], balancer.port, connections=1, requests=1, **how)
        grown = peak_bytes(balancer.pid) - before
        whole = done["requests"] == 1 and not done["failed"]
        text = (f"{grown / 1024 / 1024:.2f} MiB more at the peak, {done['seconds']:.2f} s"
                if whole else f"failed: {done['first_failure']}")
        rows.append(Row(f"{size >> 20:,} MiB {what}", text, "16 MiB", whole and grown < AT_MOST,
                        always=not whole))
    stage.stop(list(stage.running))
    return rows
