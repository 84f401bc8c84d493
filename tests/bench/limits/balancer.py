"""The balancer whose limits are looked for, with as many cheap workers as a bench wants behind it."""
import os
import signal

import contenders
from stage import free_port


def cores():
    """(the balancer's, everybody else's)"""
    every = [str(core) for core in sorted(os.sched_getaffinity(0))]
    return every[0], every[min(1, len(every) - 1)]


class Balancer:
    def __init__(self, stage, upstreams, tls=False):
        self.stage = stage
        self.port = free_port()
        self.tls = tls
        self.config = contenders.balancer_config(stage, self.port, upstreams, tls)
        command = [stage.program("foretide-balancer"), "--standalone", "--config", self.config,
                   "--log-level", "warn"]
        self.process = stage.start("balancer", command, cores()[0], self.port)
        self.pid = self.process.pid

    def use(self, text):
        """Another file in place of its own, and word of it."""
        with open(self.config + ".new", "w") as f:
            f.write(text)
        os.replace(self.config + ".new", self.config)
        os.kill(self.pid, signal.SIGHUP)

    def lives(self):
        return self.process.poll() is None

    def warm(self):
        """So that what it takes once and keeps is there before anything is compared."""
        self.stage.load(cores()[1], self.port, connections=64, requests=5000, tls=self.tls)

    def stop(self):
        self.stage.stop([self.process])
