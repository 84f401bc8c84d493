"""What the contenders are put through. A scenario knows its load, which upstream it needs, who can take part,
and the mark: the most that ours may cost, as a share of what it is held against."""
import re
import subprocess
from dataclasses import dataclass

from contenders import OURS, PEERS, Setting
from stage import cpu_seconds, find

BODY = "x" * 200
TLS = "TLSv1.3 TLS_AES_128_GCM_SHA256"
ALL = ("relay",) + PEERS + (OURS,)
PLAIN_POST = ('wrk.method = "POST"\nwrk.body = string.rep("x", 16384)\n'
              'wrk.headers["Content-Type"] = "application/octet-stream"\n')


class LoadFailed(Exception):
    pass


class NotSpoken(Exception):
    """A contender has not learnt yet what the scenario needs of it."""


def wrk(stage, cores, port, seconds, connections=64, tls=False, path="/", script=None, close=False):
    scheme = "https" if tls else "http"
    command = ["taskset", "-c", cores, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    if script:
        command += ["-s", stage.write("load.lua", script)]
    if close:
        command += ["-H", "Connection: close"]
    command.append(f"{scheme}://127.0.0.1:{port}{path}")
    out = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    if re.search(r"Non-2xx or 3xx responses|Socket errors", out) or requests == 0:
        raise LoadFailed(out)
    return requests


def h2load(stage, cores, port, seconds, connections=16, streams=8):
    out = subprocess.run(
        ["taskset", "-c", cores, "h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}",
         f"https://127.0.0.1:{port}/"],
        capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    if "Application protocol: http/1.1" in out:
        raise NotSpoken("no h2 is offered by ALPN")
    done = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored", out)
    succeeded, failed, errored = (int(done.group(i)) for i in (2, 3, 4))
    if "Application protocol: h2" not in out or succeeded == 0 or failed or errored:
        raise LoadFailed(out)
    return succeeded


def full_handshakes(stage, cores, port, seconds, connections=32):
    done = stage.load(cores, port, seconds, connections=connections, tls=True, new_connections=True)
    if done["failed"] or not done["requests"]:
        raise LoadFailed(f"{done['failed']} of the requests failed: {done['first_failure']}")
    if done["tls"] != TLS:
        raise LoadFailed(f"spoke {done['tls']}, the others {TLS}")
    return done["requests"]


def beside_idle(stage, cores, port, seconds, connections=64, idle=1000):
    """The CPU time of opening the idle ones is not counted: see `Scenario.measure`."""
    return wrk(stage, cores, port, seconds, connections)


@dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    load: object  # (stage, cores, port, seconds) -> requests answered
    mark: float = 1.0  # of the better peer, or of `against`
    of_relay: float = None
    upstream: str = "nginx"
    contenders: tuple = ALL
    tls: bool = False
    idle: int = 0
    against: str = None  # a contender in place of the better peer
    shares_cores: bool = False  # proxy and load on the same cores

    def setting(self, upstream, contender):
        threads = 2 if contender.endswith(" 2") else 1
        return Setting(upstream, self.tls, threads)

    def measure(self, stage, cores, process, port, seconds):
        held = stage.hold(cores, port, self.idle) if self.idle else None
        user, system = cpu_seconds(process.pid)
        requests = self.load(stage, cores, port, seconds)
        user_end, system_end = cpu_seconds(process.pid)
        if held and (lost := stage.let_go(held)):
            raise LoadFailed(f"{lost} of {self.idle} idle connections were closed meanwhile")
        return {
            "requests": requests,
            "user_us": (user_end - user) / requests * 1e6,
            "system_us": (system_end - system) / requests * 1e6,
            "us": (user_end - user + system_end - system) / requests * 1e6,
        }


def all_scenarios(connections):
    def plain(**how):
        return lambda stage, cores, port, seconds: wrk(stage, cores, port, seconds, connections, **how)

    return [
        Scenario("get", f"keep-alive GET of 200 bytes, {connections} connections", plain(),
                 mark=0.82, of_relay=1.2),
        Scenario("large", "GET of 64 KiB", plain(path="/bytes/65536"), upstream="worker"),
        Scenario("post", "POST of 16 KiB", plain(script=PLAIN_POST), upstream="worker"),
        Scenario("connect", "a new connection for each request", plain(close=True)),
        Scenario("idle", f"1,000 idle connections beside {connections} busy ones", plain(), idle=1000),
        Scenario("tls", "keep-alive GET of 200 bytes over TLS", plain(tls=True), tls=True,
                 contenders=PEERS + (OURS,)),
        Scenario("tls-connect", "TLS, a full handshake for each request", full_handshakes, tls=True,
                 contenders=PEERS + (OURS,)),
        Scenario("h2", "HTTP/2 over TLS, 16 connections of 8 streams", h2load, tls=True,
                 contenders=PEERS + (OURS,)),
        Scenario("threads", "two threads against one, all on the same two cores", plain(), mark=1.11,
                 contenders=("haproxy 1", "haproxy 2", OURS + " 1", OURS + " 2"),
                 against=OURS + " 1", shares_cores=True),
    ]


def missing_programs(scenario):
    return [p for p in ("h2load",) if scenario.load is h2load and not find(p)]
