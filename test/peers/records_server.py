#!/usr/bin/env python3
"""The server of the tests' provider Acme: items with details, and a feed of their changes; and of README.md's Notepad, whose feed has the details.

    records_server.py PORT

What it holds and how it misbehaves is told by POST /control with {"op": ...}:
    {"op": "make", "from": 1, "to": 100}            items (made, or changed anew)
    {"op": "delete", "ids": ["1"]}
    {"op": "set", "id": "1", "body": "..."}         what its details say, whatever that is
    {"op": "tokens", "valid": ["key"]}              which keys are accepted (default: any)
    {"op": "fault", "path": "/items", "status": 500, "headers": {}, "body": "", "times": 1, "after": 0, "delay": 0}
                                                    $form in a body stands for what was asked, secrets and all
    {"op": "lose_cursor"}                           the feed forgets what was before now
    {"op": "oauth", "leeway": true, "keys": []}     keys are (beside these) access tokens from POST /token, whose refresh tokens are good for once (leeway: the last one again,
                                                    until its successor is used); "roll_back": true forgets the last refresh, as a server does that lost it
    {"op": "expire", "after": 0}                    access tokens end, after so many more requests
    {"op": "hold", "path": "/token", "when": "before" | "after"}   requests wait, before or after they take effect ...
    {"op": "release", "drop": false}                ... until then; drop: they are not answered, and have no effect if they waited before it
    {"op": "stats"}                                 {"calls": {path: n}, "at_once": n, "most_at_once": n, "held": n, "presented": [refresh tokens], "granted": n, "forms": [bodies of /token]}
    {"op": "posted"}                                {"posted": [what came to these by POST, in order, without what was known by its key]}
        POST /messages {"text"}, with the header Idempotency-Key; POST /plain {"text"}; POST /issues {"text", "key"}, which GET /issues?key= finds
        A fault of theirs with "lose": true has its effect before it happens, so that only the answer is lost, or late.
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
posted = []     # {"id", "path", "key", "text"}
valid = None
calls = {}
at_once = most_at_once = 0
oauth = None    # {"leeway": bool, "current", "last": refresh tokens}
presented = []
forms = []
granted = 0
expire_after = None
held_path = held_when = None
held = 0
dropped = False
released = threading.Condition(lock)


def change(ident, deleted=False, body=None):
    version = str(len(feed) + 1)
    if deleted:
        items.pop(ident, None)
    else:
        items[ident] = (version, body)
    feed.append((ident, deleted))


def control(message):
    global valid, forgotten, at_once, most_at_once, oauth, expire_after, held_path, held_when, dropped
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
    elif op == "oauth":
        if message.get("roll_back"):
            oauth["current"], oauth["last"] = oauth["last"], None
        else:
            oauth = {"current": None, "last": None, **(oauth or {}), "leeway": message["leeway"]}
            oauth.setdefault("keys", message.get("keys", []))
            valid = valid or []
    elif op == "expire":
        expire_after = message.get("after", 0)
    elif op == "hold":
        held_path, held_when, dropped = message["path"], message["when"], False
    elif op == "release":
        held_path, dropped = None, message.get("drop", False)
        released.notify_all()
    elif op == "posted":
        return {"posted": posted}
    elif op == "stats":
        return {"calls": calls, "at_once": at_once, "most_at_once": most_at_once, "held": held, "presented": presented, "granted": granted, "forms": forms}
    return {}


def wait_while_held(path, when):
    """Whether the request is to be forgotten."""
    global held
    if held_path is None or not path.startswith(held_path) or held_when != when:
        return False
    held += 1
    while held_path is not None:
        released.wait()
    held -= 1
    return dropped


def find_fault(path):
    fault = None
    for f in faults:
        if path.startswith(f["path"]):
            if f["after"] > 0:
                f["after"] -= 1
            else:
                fault = f
                f["times"] -= 1
            break
    faults[:] = [f for f in faults if f["times"] > 0]
    return fault


def token(form):
    """Status and text for a request for a token."""
    global granted, valid
    if form["grant_type"] == ["refresh_token"]:
        used = form["refresh_token"][0]
        presented.append(used)
        if used == oauth["current"]:
            oauth["last"] = used
        elif not (oauth["leeway"] and used == oauth["last"]):
            return 400, '{"error": "invalid_grant", "error_description": "The refresh token is not known."}'
    granted += 1
    oauth["current"] = f"refresh-token-{granted}"
    valid = [f"access-token-{granted}"]
    return 200, json.dumps({"access_token": valid[0], "refresh_token": oauth["current"], "token_type": "Bearer", "expires_in": 3600})


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
        return 200, json.dumps({"found": [m["id"] for m in posted if m["path"] == "/issues" and m["key"] == query["key"][0]]})
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
    if path == "/notes":
        # A cursor is good until it is forgotten, whatever it points to.
        since, after = map(int, query.get("after", [f"{forgotten}-0"])[0].split("-"))
        if since != forgotten:
            return 410, '{"error": {"message": "gone"}}'
        if "after" not in query and "since" not in query:
            return 400, '{"error": {"message": "since is missing"}}'
        part = feed[after:after + PAGE]
        latest = dict(part)
        return 200, json.dumps({"notes": [{**json.loads(details(i)), "deleted": False} if i in items else {"id": i, "deleted": True} for i in latest],
                                "cursor": f"{forgotten}-{after + len(part)}", "more": after + len(part) < len(feed)})
    return 404, "{}"


def take(path, body, key):
    """Status and text for what is to be made."""
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
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path in ("/messages", "/plain", "/issues"):
            self.make(json.loads(content))
            return
        with lock:
            if self.path == "/control":
                self.send(200, json.dumps(control(json.loads(content))))
                return
            calls[self.path] = calls.get(self.path, 0) + 1
            forms.append(content)
            fault = find_fault(self.path)
            if fault:
                self.send(fault["status"], fault["body"].replace("$form", content), fault["headers"])
                return
            if self.path != "/token":
                self.send(200, "{}")
                return
            if wait_while_held(self.path, "before"):
                self.close_connection = True
                return
            status, text = token(parse_qs(content))
            if wait_while_held(self.path, "after"):
                self.close_connection = True
                return
            self.send(status, text)

    def make(self, body):
        with lock:
            fault = find_fault(self.path)
            refused = valid is not None and self.headers.get("Authorization", "")[len("Bearer "):] not in valid
            if not refused and (not fault or fault.get("lose")):
                status, text = take(self.path, body, self.headers.get("Idempotency-Key"))
        if fault:
            time.sleep(fault["delay"])
        if fault and fault.get("status") == 0:
            self.close_connection = True
        elif fault and "status" in fault:
            self.send(fault["status"], fault["body"], fault["headers"])
        elif refused:
            self.send(401, '{"error": {"message": "bad key"}}')
        else:
            self.send(status, text)

    def do_GET(self):
        global at_once, most_at_once, expire_after, valid
        url = urlsplit(self.path)
        with lock:
            if wait_while_held(url.path, "before"):
                self.close_connection = True
                return
            if expire_after is not None:
                if expire_after == 0:
                    valid, expire_after = [], None
                else:
                    expire_after -= 1
            at_once += 1
            most_at_once = max(most_at_once, at_once)
            kind = "/items/" if url.path.startswith("/items/") else url.path
            calls[kind] = calls.get(kind, 0) + 1
            fault = find_fault(url.path)
            key = self.headers.get("Authorization", "")[len("Bearer "):]
            refused = valid is not None and key not in valid and not (oauth and key in oauth["keys"])
            status, text = answer(url.path, parse_qs(url.query))
            if wait_while_held(url.path, "after"):
                at_once -= 1
                self.close_connection = True
                return
        try:
            if fault:
                time.sleep(fault["delay"])
                if fault.get("status") == 0:
                    self.close_connection = True
                    return
                if "status" in fault:
                    self.send(fault["status"], fault["body"].replace("$form", self.headers.get("Authorization", "")), fault["headers"])
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
