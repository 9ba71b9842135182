#!/usr/bin/env python3
"""A receiver of many webhooks: it says yes and writes down who called.

    count_sink.py --ports FILE --log FILE [--endpoints N] [--delay SECONDS]

It opens the endpoints sink1 ... sinkN on free ports of 127.0.0.1 and tells them
in the --ports file, as fault_server.py does, but reads of a request only what
it logs, so that it keeps up with a worker at full speed.  Each request is one
line in the --log file, written before the answer is due:

    sink1 DELIVERY-ID BODY        (of a body above 1000 bytes: its SHA-256)

It ends on SIGTERM, and when its standard input closes.
"""
import argparse
import asyncio
import hashlib
import json
import os
import re
import resource

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
DELIVERY = re.compile(rb"\r\nx-lealup-delivery-id: *([0-9a-f-]+)",
                      re.IGNORECASE)
LONG = 1000


class Sink(asyncio.Protocol):
    def __init__(self, name, log, delay):
        self.name = name
        self.log = log
        self.delay = delay
        self.buffer = bytearray()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while True:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            length = LENGTH.search(self.buffer, 0, head)
            end = head + 4 + int(length[1])
            if len(self.buffer) < end:
                return
            delivery = DELIVERY.search(self.buffer, 0, head)
            body = bytes(self.buffer[head + 4:end])
            if len(body) > LONG:
                body = hashlib.sha256(body).hexdigest().encode()
            os.write(self.log, b"%s %s %s\n" % (self.name, delivery[1], body))
            del self.buffer[:end]
            self.answer()

    def answer(self):
        if self.delay:
            asyncio.get_running_loop().call_later(
                self.delay, self.transport.write, ANSWER)
        else:
            self.transport.write(ANSWER)


async def main(options):
    loop = asyncio.get_running_loop()
    loop.add_reader(0, lambda: os.read(0, 4096) or os._exit(0))
    log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    ports = {}
    servers = []
    for number in range(1, options.endpoints + 1):
        name = f"sink{number}"
        server = await loop.create_server(
            lambda name=name: Sink(name.encode(), log, options.delay),
            "127.0.0.1", 0, backlog=4096)
        servers.append(server)
        ports[name] = server.sockets[0].getsockname()[1]
    # Renamed into place, so that whoever sees the file sees all of it.
    with open(options.ports + ".new", "w") as file:
        file.write(json.dumps(ports) + "\n")
    os.replace(options.ports + ".new", options.ports)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--endpoints", type=int, default=1)
    parser.add_argument("--delay", type=float, default=0)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    asyncio.run(main(parser.parse_args()))
