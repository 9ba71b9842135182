"""A minimal HTTP/1.1 server connection for test peers.

Peer parses requests, one at a time, and hands each to a behaviour function
that answers as well or as badly as it likes.  Hub is what the connections of
one process share: the request log, the counters and the switches that tests
turn.  The parser is our own because the point is to send what no HTTP library
would send, and to be fast enough that the peer is not what a test measures.
"""
import asyncio
import collections
import http
import json
import os
import time

Request = collections.namedtuple("Request", "method target headers body")

# A head or a body beyond these is a mistake of the sender under test.
MAX_HEAD = 256 * 1024
MAX_BODY = 64 * 1024 * 1024


def header(request, name):
    """The value of a header, or None; `name` in lower case."""
    for key, value in request.headers:
        if key.lower() == name:
            return value
    return None


class Hub:
    """What all connections of one process share."""

    def __init__(self, log_path):
        # One write() per line, before the answer is sent: who has seen an
        # answer finds the request in the log, also after a kill.
        self.log = None if log_path is None else os.open(
            log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.ports = {}
        self.stats = collections.defaultdict(collections.Counter)
        self.failures = collections.Counter()
        self.switches = {}
        self.held = collections.defaultdict(list)
        self.connections = 0

    def record(self, peer, request):
        if self.log is None:
            return
        os.write(self.log, json.dumps({
            "time": time.time(),
            "behaviour": peer.name,
            "method": request.method,
            "path": request.target,
            "headers": request.headers,
            "body": request.body.decode("utf-8", "backslashreplace"),
            "tls": peer.tls,
            "from": peer.source,
            "connection": peer.number,
        }).encode() + b"\n")


class Peer(asyncio.Protocol):
    """One connection to one behaviour.

    While `busy`, no further request is taken from the connection: the
    behaviour either finishes with reply() or keeps it busy for good.
    """

    def __init__(self, hub, name, behaviour, on_connect=None):
        self.hub = hub
        self.name = name
        self.behaviour = behaviour
        self.on_connect = on_connect
        self.buffer = bytearray()
        self.busy = False
        self.gone = False
        self.counted = ()

    def connection_made(self, transport):
        self.transport = transport
        self.tls = transport.get_extra_info("sslcontext") is not None
        self.source = (transport.get_extra_info("peername") or ("?",))[0]
        self.can_write = asyncio.Event()
        self.can_write.set()
        self.hub.connections += 1
        self.number = self.hub.connections
        stats = self.hub.stats[self.name]
        stats["connections"] += 1
        stats["open"] += 1
        stats["max_open"] = max(stats["max_open"], stats["open"])
        if self.on_connect:
            self.on_connect(self)

    def connection_lost(self, error):
        if not self.gone:
            self.gone = True
            self.can_write.set()
            self.hub.stats[self.name]["open"] -= 1
            self.finish()

    def pause_writing(self):
        self.can_write.clear()

    def resume_writing(self):
        self.can_write.set()

    def data_received(self, data):
        self.buffer += data
        self.advance()

    def advance(self):
        while not self.busy and not self.gone:
            request = self.take()
            if request is None:
                return
            self.busy = True
            self.behaviour(self, request)

    def take(self):
        """The next whole request in the buffer, or None."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                self.transport.abort()
            return None
        lines = self.buffer[:end].decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        headers = []
        length = 0
        expects = False
        for line in lines[1:]:
            key, _, value = line.partition(":")
            value = value.strip()
            headers.append((key, value))
            lower = key.lower()
            if lower == "content-length":
                length = int(value) if value.isdigit() else MAX_BODY + 1
            elif lower == "transfer-encoding":
                length = MAX_BODY + 1       # Deliveries have a known length.
            elif lower == "expect":
                expects = True
        if length > MAX_BODY:
            self.transport.abort()
            return None
        start = end + 4
        if len(self.buffer) < start + length:
            if expects and len(self.buffer) == start:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self.buffer[start:start + length])
        del self.buffer[:start + length]
        return Request(method, rest.rpartition(" ")[0], headers, body)

    def accept(self, request):
        """Log and count a request; every behaviour under test does this."""
        self.hub.record(self, request)
        path = request.target.partition("?")[0]
        self.counted = (self.name, path)
        for key in self.counted:
            stats = self.hub.stats[key]
            stats["requests"] += 1
            stats["in_flight"] += 1
            stats["max_in_flight"] = max(stats["max_in_flight"],
                                         stats["in_flight"])

    def finish(self):
        for key in self.counted:
            self.hub.stats[key]["in_flight"] -= 1
        self.counted = ()
        self.busy = False

    def send(self, data):
        if not self.gone:
            self.transport.write(data)

    def reply(self, status=200, body=b'{"status":"ok"}', headers=()):
        """A correct answer; the connection is ready for the next request."""
        if self.gone:
            return
        try:
            reason = http.HTTPStatus(status).phrase
        except ValueError:
            reason = "Unnamed"
        lines = [f"HTTP/1.1 {status} {reason}"]
        lines += [f"{key}: {value}" for key, value in headers]
        if status in (204, 304):
            body = b""
        else:
            lines.append("Content-Type: application/json")
            lines.append(f"Content-Length: {len(body)}")
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        self.finish()

    def reply_later(self, seconds, *answer):
        """The same after a delay, which holds up only this connection."""
        def answer_now():
            self.reply(*answer)
            self.advance()
        asyncio.get_running_loop().call_later(seconds, answer_now)

    async def stream(self, head, piece, pause):
        """Sends `head`, then `piece` again and again for ever."""
        self.send(head)
        while not self.gone:
            self.send(piece)
            await asyncio.sleep(pause)
            await self.can_write.wait()
