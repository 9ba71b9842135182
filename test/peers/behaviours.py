"""What the endpoints of the fault server do with a request.

A behaviour is a function of the connection and the request.  ALL names them;
ON_CONNECT names those that already misbehave when a connection is made.
"""
import asyncio
import functools
import json
import socket
import struct
import urllib.parse
import zlib

from http_peer import header

OK = b"HTTP/1.1 200 OK\r\n"
CUT = OK + b"Content-Length: 100\r\n\r\n0123456789"


# ---- The ordinary endpoint, which does what the path asks for -------------

def ok(peer, request):
    path, _, query = request.target.partition("?")
    word, _, rest = path[1:].partition("/")
    control = CONTROLS.get(word)
    if control:
        control(peer, rest)     # A test's own request: not logged or counted.
        return
    peer.accept(request)
    PATHS.get(word, plain)(peer, request, rest, query)


def plain(peer, request, rest, query):
    peer.reply()


def status(peer, request, rest, query):
    """/status/503, /status/429?retry_after=2 (or an HTTP date)"""
    values = urllib.parse.parse_qs(query).get("retry_after", [])
    peer.reply(int(rest), b'{"status":"as asked"}',
               [("Retry-After", value) for value in values])


def flaky(peer, request, rest, query):
    """/flaky/2: 503 to the first two attempts of each delivery, then 200"""
    key = (request.target, header(request, "x-lealup-delivery-id"))
    if peer.hub.failures[key] < int(rest):
        peer.hub.failures[key] += 1
        peer.reply(503, b'{"status":"try again"}')
    else:
        peer.reply()


def delay(peer, request, rest, query):
    """/delay/1.5: answers after 1.5 seconds"""
    peer.reply_later(float(rest))


def switch(peer, request, rest, query):
    """/switch/NAME: 200, or what /set/NAME/STATUS said last"""
    peer.reply(peer.hub.switches.get(rest, 200))


def hold(peer, request, rest, query):
    """/hold/NAME: no answer until /release/NAME, so that a test can look at
    requests in flight without a clock"""
    peer.hub.held[rest].append(peer)


PATHS = {"status": status, "flaky": flaky, "delay": delay, "switch": switch,
         "hold": hold}


# ---- What tests ask of the ordinary endpoint ------------------------------

def count(peer, rest):
    """/count: counters by behaviour and, beginning with "/", by path"""
    peer.reply(200, json.dumps(peer.hub.stats).encode())


def set_switch(peer, rest):
    name, _, code = rest.rpartition("/")
    peer.hub.switches[name] = int(code)
    peer.reply()


def release(peer, rest):
    """/release/NAME: answers what is held; the body says how many"""
    held = [one for one in peer.hub.held.pop(rest, []) if not one.gone]
    for one in held:
        one.reply()
        one.advance()
    peer.reply(200, json.dumps({"released": len(held)}).encode())


CONTROLS = {"count": count, "set": set_switch, "release": release}


# ---- Correct answers that are unusual -------------------------------------

def big_ok(peer, request):
    peer.reply(200, b'{"fill":"' + b"x" * 200_000 + b'"}')


def no_content(peer, request):
    peer.reply(204)


def close(peer, request):
    peer.reply(200, headers=[("Connection", "close")])
    peer.transport.close()


def stale(peer, request):
    """Promises to keep the connection, then closes it"""
    peer.reply()
    peer.transport.close()


def set_cookie(peer, request):
    peer.reply(200, headers=[("Set-Cookie", "session=stolen; Path=/")])


def binary(peer, request):
    """Bytes that are no UTF-8 in header and body, NUL in the body"""
    body = b"nul \x00, latin \xe9, broken \xff\xfe\xed\xa0\x80"
    peer.send(OK + b"X-Binary: caf\xe9 \xff\xfe\r\nContent-Length: %d\r\n\r\n"
              % len(body) + body)
    peer.finish()


def redirect(peer, request, code):
    location = f"http://127.0.0.1:{peer.hub.ports['ok']}/stolen"
    peer.reply(code, headers=[("Location", location)])


# ---- Answers that never end -----------------------------------------------

def hang(peer, request):
    """Reads and says nothing"""


def hang_headers(peer, request):
    peer.send(OK + b"Content-")


def hang_body(peer, request):
    peer.send(CUT)


def forever(peer, request, head, piece, pause):
    asyncio.ensure_future(peer.stream(head, piece, pause))


# ---- Answers that break off or were never HTTP ----------------------------

def send_and_end(peer, request, data):
    peer.send(data)
    peer.transport.close()


@functools.cache
def bomb():
    """100 MB of zeros in about 100 kB"""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1_000_000)
    packed = b"".join(packer.compress(zeros) for _ in range(100))
    return packed + packer.flush()


def gzip_bomb(peer, request):
    peer.send(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
              % len(bomb()) + bomb())
    peer.finish()


def reset(peer, request=None):
    """Closing with a linger time of zero sends RST instead of FIN"""
    raw = peer.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                   struct.pack("ii", 1, 0))
    peer.transport.abort()


UNREAD = []


def never_read(peer):
    # A transport that nothing refers to is collected, and closed, once it does not read.
    UNREAD.append(peer)
    peer.transport.pause_reading()


# ---- A proxy --------------------------------------------------------------

class Relay(asyncio.Protocol):
    def __init__(self, other):
        self.other = other

    def data_received(self, data):
        self.other.write(data)

    def connection_lost(self, error):
        self.other.close()


def proxy(peer, request):
    """Tunnels CONNECT; names are not resolved, all lead to this machine"""
    if request.method == "CONNECT":
        asyncio.ensure_future(tunnel(peer, request.target))
    else:
        peer.reply()


async def tunnel(peer, target):
    port = int(target.rpartition(":")[2])
    try:
        far, _ = await asyncio.get_running_loop().create_connection(
            lambda: Relay(peer.transport), "127.0.0.1", port)
    except OSError:
        peer.reply(502)
        return
    peer.connection_lost(None)      # From here on it is the relay's.
    peer.transport.set_protocol(Relay(far))
    peer.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")


# ---- All of them ----------------------------------------------------------

def logged(behaviour, *arguments):
    def logged_behaviour(peer, request):
        peer.accept(request)
        behaviour(peer, request, *arguments)
    return logged_behaviour


FILL = b"x" * 1000
# The floods pause for a millisecond between pieces: they exceed every limit
# all the same, and leave the processor to what is being tested.
ALL = {
    "ok": ok,
    "big_ok": logged(big_ok),
    "no_content": logged(no_content),
    "close": logged(close),
    "stale": logged(stale),
    "set_cookie": logged(set_cookie),
    "binary": logged(binary),
    "redirect": logged(redirect, 302),
    "redirect307": logged(redirect, 307),
    "hang_accept": logged(hang),
    "hang": logged(hang),
    "hang_headers": logged(hang_headers),
    "hang_body": logged(hang_body),
    "drip": logged(forever, OK + b"Content-Length: 9999\r\n\r\n", b"x", 1),
    "drip_headers": logged(forever, OK + b"X-Drip: ", b"x", 1),
    "endless_body": logged(
        forever, OK + b"Transfer-Encoding: chunked\r\n\r\n",
        (b"3e8\r\n" + FILL + b"\r\n") * 20, 0.001),
    "huge_headers": logged(
        forever, OK, (b"X-Fill: " + FILL + b"\r\n") * 20, 0.001),
    "huge_header": logged(forever, OK + b"X-Fill: ", FILL * 20, 0.001),
    "continue_flood": logged(
        forever, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, 0.001),
    "early_hints_flood": logged(
        forever, b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100,
        0.001),
    "cut_empty": logged(send_and_end, b""),
    "cut_header": logged(send_and_end, OK + b"Content-Le"),
    "cut_headers": logged(send_and_end, OK + b"Content-Length: 0\r\n"),
    "cut_body": logged(send_and_end, CUT),
    "cut_chunk": logged(
        send_and_end,
        OK + b"Transfer-Encoding: chunked\r\n\r\n64\r\n0123456789"),
    "bad_chunk": logged(
        send_and_end,
        OK + b"Transfer-Encoding: chunked\r\n\r\nnot hex\r\n0123456789\r\n"),
    "gzip_bomb": logged(gzip_bomb),
    "garbage": logged(send_and_end, b"\x16\x00\xff not HTTP\n" * 20),
    "http09": logged(send_and_end, b"<html>hello</html>\n"),
    "nul_headers": logged(
        send_and_end,
        OK + b"X-Nul: a\x00b\r\nContent-Length: 2\r\n\r\nok"),
    "reset": logged(reset),
    "reset_early": logged(hang),
    "proxy": logged(proxy),
}

ON_CONNECT = {"hang_accept": never_read, "reset_early": reset}
