#!/usr/bin/env python3
"""A service with an OpenAI-compatible chat completions API, for tests.

    chat_server.py --ports FILE --log FILE

Who is asked for a briefing gives one.  What else it answers is decided by words
in the user's message: "cancel" gives an issue, "nonsense" a reply that is no
JSON, "fenced" JSON between fences, "curly" an issue in characters that Latin 1
has not, "busy" 503, "forbidden" 401, "endless" never an answer, "huge" more than
anybody reads; anything else no issues.
Each request is one line of JSON in the log: path, authorization, body.  It ends
when its standard input closes.
"""
import argparse
import http.server
import json
import os
import sys
import threading


def answer(text):
    if "cancel" in text:
        issues = [{"class": "cancellation", "severity": "high", "summary": "Wants to leave."},
                  {"class": "made up", "severity": "high", "summary": "Not a class."}]
        return json.dumps({"issues": issues})
    if "nonsense" in text:
        return "I am sorry, I cannot do that."
    if "fenced" in text:
        return '```json\n{"issues": [{"class": "billing", "severity": "low", "summary": "Asks about an invoice."}]}\n```'
    if "curly" in text:
        return '{"issues": [{"class": "outage", "severity": "low", "summary": "\u201cDown\u201d"}]}'
    return json.dumps({"issues": []})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        line = {"path": self.path, "authorization": self.headers["Authorization"], "body": body.decode()}
        os.write(self.server.log, (json.dumps(line) + "\n").encode())
        instructions, text = (m["content"] for m in json.loads(body)["messages"])
        content = answer(text)
        if "briefing" in instructions:
            # The facts quote messages, whose words mean nothing here.
            text, content = "", json.dumps({"briefing": "# In short\n\nAll is well."})
        if "endless" in text:
            threading.Event().wait()
        status = 503 if "busy" in text else 401 if "forbidden" in text else 200
        reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}, ensure_ascii=False).encode()
        if "huge" in text:
            reply = b" " * (8 * 1024 * 1024)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        try:
            self.wfile.write(reply)
        except OSError:
            pass

    def log_message(self, *args):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True)
    parser.add_argument("--log", required=True)
    args = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.log = os.open(args.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with open(args.ports + ".new", "w") as f:
        json.dump({"chat": server.server_port}, f)
    os.rename(args.ports + ".new", args.ports)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
