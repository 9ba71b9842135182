#!/usr/bin/env python3
"""The server of the tests' provider Acme: items with details, and a feed of their changes.

    records_server.py PORT

What it holds and how it misbehaves is told by POST /control with {"op": ...}:
    {"op": "make", "from": 1, "to": 100}            items (made, or changed anew)
    {"op": "delete", "ids": ["1"]}
    {"op": "set", "id": "1", "body": "..."}         what its details say, whatever that is
    {"op": "tokens", "valid": ["key"]}              which keys are accepted (default: any)
    {"op": "fault", "path": "/items", "status": 500, "headers": {}, "body": "", "times": 1, "after": 0, "delay": 0}
    {"op": "lose_cursor"}                           the feed forgets what was before now
    {"op": "stats"}                                 {"calls": {path: n}, "most_at_once": n}
    {"op": "posted"}                                {"posted": [what came by POST, in order, without what was known by its key]}
A fault with "lose": true has its effect before it happens, so that only the answer is lost, or late.

    POST /messages    {"text"}; the header Idempotency-Key is known
    POST /plain       {"text"}
    POST /issues      {"text", "key"}; GET /issues?key= finds it
"""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 100
lock = threading.Lock()
items = {}      # id: (version, details or None)
feed = []       # (id, deleted)
forgotten = 0   # of the feed
faults = []
posted = []     # {"id", "path", "key", ...}
valid = None
calls = {}
at_once = most_at_once = 0


def change(ident, deleted=False, body=None):
    version = str(len(feed) + 1)
    if deleted:
        items.pop(ident, None)
    else:
        items[ident] = (version, body)
    feed.append((ident, deleted))


def control(message):
    global valid, forgotten, at_once, most_at_once
    op = message["op"]
    if op == "make":
        for n in range(message["from"], message["to"] + 1):
            change(str(n))
    elif op == "delete":
        for ident in message["ids"]:
            change(ident, deleted=True)
    elif op == "set":
        change(message["id"], body=message["body"])
    elif op == "tokens":
        valid = message["valid"]
    elif op == "fault":
        faults.append({"after": 0, "times": 1, "headers": {}, "body": "", "delay": 0, **message})
    elif op == "lose_cursor":
        forgotten = len(feed)
    elif op == "stats":
        return {"calls": calls, "most_at_once": most_at_once}
    elif op == "posted":
        return {"posted": posted}
    return {}


def details(ident):
    version, body = items[ident]
    if body is not None:
        return body
    return json.dumps({"id": ident, "version": version, "title": f"Item {ident} v{version}", "at": "2026-01-01T00:00:00Z", "from": f"p{ident}@customer.example"})


def answer(path, query):
    """Status and text for a request that is no fault."""
    if path == "/me":
        return 200, json.dumps({"id": "acme-1", "name": "The Acme account"})
    if path == "/issues":
        found = [m["id"] for m in posted if m["path"] == "/issues" and m["key"] == query["key"][0]]
        return 200, json.dumps({"found": found})
    if path == "/cursor":
        return 200, json.dumps({"cursor": len(feed)})
    if path == "/items":
        page = int(query.get("page", ["0"])[0])
        names = sorted(items, key=lambda i: (len(i), i))
        part = names[page * PAGE:(page + 1) * PAGE]
        more = (page + 1) * PAGE < len(names)
        return 200, json.dumps({"items": [{"id": i, "version": items[i][0]} for i in part], "total": len(names), "next": page + 1 if more else None})
    if path.startswith("/items/"):
        ident = path[len("/items/"):]
        return (200, details(ident)) if ident in items else (404, '{"error": {"message": "no such item"}}')
    if path == "/changes":
        cursor = int(query["cursor"][0])
        if cursor < forgotten:
            return 410, '{"error": {"message": "gone"}}'
        part = feed[cursor:cursor + PAGE]
        latest = {ident: deleted for ident, deleted in part}
        return 200, json.dumps({"changes": [{"id": i, "deleted": d or i not in items, **({} if i not in items else {"version": items[i][0]})} for i, d in latest.items()],
                                "cursor": cursor + len(part), "more": cursor + len(part) < len(feed)})
    return 404, "{}"


def take(path, body, key):
    """Status and text for what comes by POST."""
    if path not in ("/messages", "/plain", "/issues"):
        return 404, "{}"
    known = [m for m in posted if path == "/messages" and m["path"] == path and key and m["key"] == key]
    if not known:
        known = [{"id": f"p{len(posted) + 1}", "path": path, "key": key or body.get("key"), "text": body.get("text")}]
        posted.extend(known)
    return 200, json.dumps({"id": known[0]["id"]})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def send(self, status, text, headers=None):
        data = text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/control":
            with lock:
                self.send(200, json.dumps(control(body)))
        else:
            self.serve(lambda url: take(url.path, body, self.headers.get("Idempotency-Key")))

    def do_GET(self):
        self.serve(lambda url: answer(url.path, parse_qs(url.query)))

    def serve(self, respond):
        global at_once, most_at_once
        url = urlsplit(self.path)
        with lock:
            at_once += 1
            most_at_once = max(most_at_once, at_once)
            kind = "/items/" if url.path.startswith("/items/") else url.path
            calls[kind] = calls.get(kind, 0) + 1
            fault = None
            for f in faults:
                if url.path.startswith(f["path"]):
                    if f["after"] > 0:
                        f["after"] -= 1
                    else:
                        fault = f
                        f["times"] -= 1
                    break
            faults[:] = [f for f in faults if f["times"] > 0]
            refused = valid is not None and self.headers.get("Authorization", "")[len("Bearer "):] not in valid
            harmless = self.command == "GET" or not refused and (not fault or fault.get("lose") or "status" not in fault)
            status, text = respond(url) if harmless else (0, "")
        try:
            if fault:
                time.sleep(fault["delay"])
                if fault.get("status") == 0:
                    self.close_connection = True
                    return
                if "status" in fault:
                    self.send(fault["status"], fault["body"], fault["headers"])
                    return
            if refused:
                self.send(401, '{"error": {"message": "bad key"}}')
            else:
                self.send(status, text)
        finally:
            with lock:
                at_once -= 1


class Server(ThreadingHTTPServer):
    request_queue_size = 1000
    daemon_threads = True


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
