#!/usr/bin/env python3
"""The other end of the quickstart: a small HTTPS server that receives
webhooks, verifies them with the code that the webhook document prints, and
writes down every request as it came in.

    receiver.py DIR

DIR holds good.pem and good.key.  It writes requests.log, receiver.pid and,
once it listens, receiver.port there.  The secret comes in the environment as
LEALUP_WEBHOOK_SECRET.  The path /flaky answers 503 to the first two attempts
of each delivery.
"""
import collections
import http.server
import os
import ssl
import sys
import threading
import time

sys.dont_write_bytecode = True
# run puts the document's sample beside this file.
from document_sample import verify_webhook      # noqa: E402

DIRECTORY = sys.argv[1]
SECRET = os.environ["LEALUP_WEBHOOK_SECRET"]

log = open(f"{DIRECTORY}/requests.log", "a", encoding="utf-8")
lock = threading.Lock()
attempts = collections.Counter()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self):
        # In the connection's own thread, so that a peer that is slow to shake
        # hands keeps nobody else waiting.
        self.request.settimeout(self.timeout)
        self.request.do_handshake()
        super().setup()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            valid = verify_webhook(
                body, self.headers.get("X-LealUp-Signature", ""),
                self.headers.get("X-LealUp-Timestamp", "0"), SECRET)
        except (ValueError, TypeError):     # Not a number, not ASCII.
            valid = False
        status = self.decide(valid)
        with lock:
            log.write(
                f"=== received {time.strftime('%H:%M:%S')} over "
                f"{self.request.version()}\n{self.requestline}\n"
                + "".join(f"{k}: {v}\n" for k, v in self.headers.items())
                + f"\n{body.decode('utf-8', 'backslashreplace')}\n\n"
                f"signature: {'valid' if valid else 'INVALID'}\n"
                f"answered: {status}\n\n")
            log.flush()
        self.answer(status)

    def decide(self, valid):
        if not valid:
            return 401
        if self.path == "/flaky":
            with lock:
                delivery = self.headers.get("X-LealUp-Delivery-Id")
                attempts[delivery] += 1
                if attempts[delivery] <= 2:
                    return 503
        return 200

    def answer(self, status):
        text = {200: b"thank you\n", 401: b"invalid signature\n",
                503: b"down for maintenance\n"}[status]
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass        # A client that breaks off concerns only itself.


def write(name, value):
    """Renamed into place, so that whoever sees the file sees all of it."""
    with open(f"{DIRECTORY}/{name}.new", "w") as file:
        file.write(f"{value}\n")
    os.replace(f"{DIRECTORY}/{name}.new", f"{DIRECTORY}/{name}")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{DIRECTORY}/good.pem", f"{DIRECTORY}/good.key")
server = Server(("127.0.0.1", 0), Receiver)
server.socket = context.wrap_socket(server.socket, server_side=True,
                                    do_handshake_on_connect=False)
write("receiver.pid", os.getpid())
write("receiver.port", server.server_address[1])
server.serve_forever()
