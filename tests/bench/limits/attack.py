#!/usr/bin/env python3
"""Clients that mean no good, against a proxy on loopback: attack.py KIND PORT CONNECTIONS

    heads     each sends a request head, a byte a second
    bodies    each announces a body of a megabyte and sends a byte of it a second
    open      each connects and says nothing
    garbage   each sends 4 KiB of random bytes, five times a second, on a new connection

Prints "ready" once all are there and "as many were closed" once the proxy has closed as many, goes on until its
input ends, and prints what became of them. Whatever the proxy closes is opened again."""
import random
import selectors
import socket
import sys
import time

HEAD = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n" + b"X-Slow: " + b"a" * 4000
BODY = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
OPENED_PER_SECOND = 2000
PERIOD = {"heads": 1.0, "bodies": 1.0, "open": 1.0, "garbage": 0.2}


class Attacker:
    def __init__(self, kind, port, random_bytes):
        self.kind, self.port, self.random = kind, port, random_bytes
        self.socket, self.sent = None, 0

    def open(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", self.port))
        self.sent = 0

    def act(self):
        try:
            if self.kind == "heads":
                self.socket.send(HEAD[self.sent:self.sent + 1])
                self.sent += 1
            elif self.kind == "bodies":
                self.socket.send(b"x" if self.sent else BODY)
                self.sent += 1
            elif self.kind == "garbage" and not self.sent:
                self.socket.send(self.random.randbytes(4096))
                self.sent = 1
        except BlockingIOError:
            pass
        except OSError:
            pass  # the end of it is seen when it is read

    def read(self):
        """True when the other side is done with it."""
        try:
            return not self.socket.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            return True


def main():
    kind, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seed = 1
    attackers = [Attacker(kind, port, random.Random(seed + i)) for i in range(count)]
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ)

    def open_one(attacker):
        attacker.open()
        selector.register(attacker.socket, selectors.EVENT_READ, attacker)

    begun = time.monotonic()
    for i, attacker in enumerate(attackers):
        open_one(attacker)
        time.sleep(max(0.0, begun + i / OPENED_PER_SECOND - time.monotonic()))
    print("ready", flush=True)

    closed, turn, began = 0, 0, time.monotonic()
    period = PERIOD[kind]
    while True:
        due = began + turn * period / count
        for key, _ in selector.select(max(0.0, due - time.monotonic())):
            if key.data is None:
                print(f"{closed} were closed by the proxy", flush=True)
                return
            if key.data.read():
                closed += 1
                if closed == count:
                    print("as many were closed", flush=True)
                selector.unregister(key.data.socket)
                key.data.socket.close()
                open_one(key.data)
        if time.monotonic() >= due:
            attackers[turn % count].act()
            turn += 1


if __name__ == "__main__":
    main()
