"""What an idle keep-alive connection costs in resident memory of the balancer (the kernel's own part is not in
it). Each connection has served one request before it waits."""
import resource
import time

from balancer import Balancer, cores
from rows import Row
from stage import NotStarted, resident_bytes

KINDS = ((False, "plain", 8 * 1024), (True, "TLS", 24 * 1024))


def measure(stage, options):
    wanted = 500 if options.short else 10_000
    return [one(stage, wanted, *kind) for kind in KINDS]


def one(stage, wanted, tls, name, at_most):
    what = f"idle {name} connection"
    upstream = stage.worker_ports(cores()[1])[0]
    try:
        balancer = Balancer(stage, [upstream], tls)
    except NotStarted as reason:
        if tls and "tls" in str(reason):
            return Row(what, "skipped: " + str(reason).splitlines()[-1], f"{at_most // 1024} KiB", None)
        raise
    balancer.warm()
    before = resident_bytes(balancer.pid)
    held, connections, note = hold(stage, balancer, wanted)
    each = (settled_bytes(balancer.pid) - before) / connections
    lost = stage.let_go(held)
    stage.stop(list(stage.running))
    text = f"{each / 1024:.2f} KiB each, of {connections:,}{note}"
    if lost:  # long before any deadline
        text += f"; {lost} were closed meanwhile"
    return Row(what, text, f"{at_most // 1024} KiB", each <= at_most and not lost,
               always=lost > 0)


def settled_bytes(pid):
    """Once it gives nothing back any more."""
    last = None
    while last != (now := resident_bytes(pid)):
        last = now
        time.sleep(0.5)
    return now


def hold(stage, balancer, wanted):
    """As many as are wanted, or else nearly as many as half of the descriptors allow: beyond that the balancer
    closes idle ones in favour of new ones."""
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    count = min(wanted, descriptors * 49 // 100)
    note = "" if count == wanted else f" ({wanted:,} do not fit into {descriptors:,} descriptors)"
    return stage.hold(cores()[1], balancer.port, count, tls=balancer.tls), count, note
