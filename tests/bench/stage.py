"""What a bench plays on: processes on given cores, free ports of loopback, a temporary folder; all of it is
gone when the stage closes, however the bench ends."""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A program ended at once, or does not listen; the text is what it said."""


def find(program):
    return shutil.which(program) or shutil.which("/usr/sbin/" + program)


_taken = set()


def free_port():
    """A port of loopback that nothing listens on, another one each time. It lies below the ports that Linux
    gives to outgoing connections (32768 on), of which a bench opens thousands before somebody listens here."""
    while True:
        port = random.randrange(10_000, 32_000)
        if port in _taken:
            continue
        _taken.add(port)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def cpu_seconds(pid):
    """User and system time of a process with all its threads."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def resident_bytes(pid):
    return _status_bytes(pid, "VmRSS:")


def forget_peak(pid):
    """From now on `peak_bytes` is the most since now."""
    with open(f"/proc/{pid}/clear_refs", "w") as f:
        f.write("5")


def peak_bytes(pid):
    return _status_bytes(pid, "VmHWM:")


def _status_bytes(pid, field):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} of process {pid}")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def eventually(condition, seconds):
    """Whether it came true within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Stage:
    def __init__(self, build):
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.folder = tempfile.mkdtemp(prefix="foretide-bench-")
        self.running = []
        signal.signal(signal.SIGTERM, self._interrupted)

    @staticmethod
    def _interrupted(*_):
        raise KeyboardInterrupt

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop(list(self.running))
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return os.path.join(self.bin, name)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def start(self, name, command, cores, port=None, **options):
        """Starts it on these cores ("0", "0,1"); with a port it waits until something accepts there."""
        log = os.path.join(self.folder, name + ".log")
        environment = dict(os.environ, XDG_STATE_HOME=os.path.join(self.folder, "state"))
        with open(log, "w") as out:
            process = subprocess.Popen(["taskset", "-c", cores] + command, stderr=out, env=environment,
                                       **{"stdout": out, **options})
        self.running.append(process)
        if port is not None and not eventually(lambda: self._decided(process, port), 10):
            raise NotStarted(f"{name} does not listen on port {port}\n" + self._said(log))
        if port is not None and process.poll() is not None:
            raise NotStarted(f"{name} ended at once with {process.returncode}\n" + self._said(log))
        return process

    @staticmethod
    def _decided(process, port):
        if process.poll() is not None:
            return True
        with socket.socket() as s:
            s.settimeout(0.2)
            return s.connect_ex(("127.0.0.1", port)) == 0

    @staticmethod
    def _said(log):
        with open(log, errors="replace") as f:
            return f.read()[-2000:].strip()

    def stop(self, processes):
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process in self.running:
                self.running.remove(process)

    # ---- our own programs ----

    def worker_ports(self, cores, count=1):
        """Starts the cheap worker and says where it listens."""
        process = self.start("worker", [self.program("bench-worker"), "--ports", str(count)], cores,
                             stdout=subprocess.PIPE)
        return [int(process.stdout.readline()) for _ in range(count)]

    def load(self, cores, port, seconds=3, **options):
        """Runs clients to their end: `load("1", port, rate=500, new_connections=True)`."""
        done = self.begin_load(cores, port, seconds, **options)
        return self.end_load(done)

    def begin_load(self, cores, port, seconds=3, **options):
        command = [self.program("bench-load"), "run", "--port", str(port), "--seconds", str(seconds)]
        return self.start("load", command + flags(options), cores, stdout=subprocess.PIPE)

    def end_load(self, process):
        out, _ = process.communicate(timeout=120)
        self.running.remove(process)
        if process.returncode != 0:
            raise RuntimeError(f"bench-load ended with {process.returncode}")
        return json.loads(out)

    def hold(self, cores, port, connections, **options):
        """Idle connections; `let_go` ends them. None, with the reason printed, when they cannot be had."""
        command = [self.program("bench-load"), "hold", "--port", str(port),
                   "--connections", str(connections)]
        process = self.start("hold", command + flags(options), cores,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if process.stdout.readline().strip() == b"holding":
            return process
        self.stop([process])
        raise NotStarted(self._said(os.path.join(self.folder, "hold.log")))

    def let_go(self, process):
        """How many of the held connections had been closed by the other side."""
        out, _ = process.communicate(b"", timeout=60)
        self.running.remove(process)
        return json.loads(out)["lost"]


def flags(options):
    """{"rate": 500, "tls": True} -> ["--rate", "500", "--tls"]"""
    made = []
    for name, value in options.items():
        if value is False or value is None:
            continue
        made.append("--" + name.replace("_", "-"))
        if value is not True:
            made.append(str(value))
    return made
