#!/usr/bin/env python3
"""Verifies received deliveries with the document's Python sample, and that
what a delivery says twice, in its headers and in its body, agrees.

    SECRET=... verify.py [--path PREFIX] [LOG]

LOG is a request log of fault_server.py (default: standard input).  Output
and exit status are those of verify.mjs.
"""
import argparse
import json
import os
import sys
import types

sys.dont_write_bytecode = True
import document_sample                          # noqa: E402


def signature(request, headers, secret):
    # The sample refuses an old timestamp: it looks at the clock of the moment
    # at which the request came in, not at which its log is read.
    document_sample.time = types.SimpleNamespace(time=lambda: request["time"])
    try:
        return "valid" if document_sample.verify_webhook(
            request["body"].encode(), headers["x-lealup-signature"],
            headers["x-lealup-timestamp"], secret) else "mismatch"
    except (KeyError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


def agreement(request, headers):
    """What is wrong with the envelope, or "valid" """
    if request["method"] != "POST":
        return "not a POST"
    if headers.get("content-type") != "application/json":
        return "not application/json"
    try:
        body = json.loads(request["body"])
    except ValueError as error:
        return f"body: {error}"
    if list(body) != ["event", "delivery_id", "created_at", "tenant_id",
                      "data"]:
        return f"fields of the body: {list(body)}"
    for header, same in [
            ("x-lealup-event", body["event"]),
            ("x-lealup-delivery-id", body["delivery_id"]),
            ("webhook-id", body["delivery_id"]),
            ("webhook-timestamp", headers.get("x-lealup-timestamp"))]:
        if headers.get(header) != same:
            return f"{header} is {headers.get(header)!r}, not {same!r}"
    return "valid"


def verify(request, secret):
    headers = {name.lower(): value for name, value in request["headers"]}
    results = {"document": signature(request, headers, secret),
               "agreement": agreement(request, headers)}
    return {"ok": all(result == "valid" for result in results.values()),
            "delivery_id": headers.get("x-lealup-delivery-id"),
            "path": request["path"], **results}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", default="")
    parser.add_argument("log", nargs="?", type=argparse.FileType("r"),
                        default=sys.stdin)
    options = parser.parse_args()
    secret = os.environ.get("SECRET")
    if secret is None:
        parser.error("SECRET is not set")
    checked = valid = 0
    for line in options.log:
        request = json.loads(line)
        if request["path"].startswith(options.path):
            result = verify(request, secret)
            checked += 1
            valid += result["ok"]
            print(json.dumps(result))
    print(json.dumps({"checked": checked, "valid": valid}))
    return 0 if checked > 0 and valid == checked else 1


if __name__ == "__main__":
    sys.exit(main())
