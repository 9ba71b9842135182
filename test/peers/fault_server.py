#!/usr/bin/env python3
"""A receiver of webhooks that behaves well or badly, as a test wishes.

    fault_server.py --ports FILE --log FILE [--ca-dir DIR] [--ipv6] [--ok N]

One process opens every behaviour (see behaviours.py) on a free port of its
own on 127.0.0.1, then writes {"ok": PORT, "hang": PORT, ...} to the --ports
file.  Each received request becomes a JSON line in the --log file.  Further
names in the ports file:

    ok1 ... okN    more ordinary endpoints (limits are per host and port)
    refused        a port that is bound, but refuses connections
    ok6, tls_ok6   the same on ::1 (--ipv6)
    tls_ok         ordinary endpoint over TLS, with the good certificate
    tls_NAME       the same with another certificate of make-ca
    tls_old        the same with the good one, but TLS 1.1 at most
    tls_hang ...   a few faults over TLS

It ends on SIGTERM, and when its standard input, if that is a pipe, closes.
"""
import argparse
import asyncio
import json
import logging
import os
import resource
import signal
import socket
import ssl
import stat
import sys
import warnings

sys.dont_write_bytecode = True
from behaviours import ALL, ON_CONNECT          # noqa: E402
from http_peer import Hub, Peer                 # noqa: E402

CERTIFICATES = ["good", "expired", "notyet", "wronghost", "selfsigned",
                "otherca", "nosan"]
TLS_FAULTS = ["hang", "cut_header", "cut_body", "reset"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True)
    parser.add_argument("--log")
    parser.add_argument("--ca-dir")
    parser.add_argument("--ipv6", action="store_true")
    parser.add_argument("--ok", type=int, default=0)
    return parser.parse_args()


def tls_context(directory, name, newest=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{directory}/{name}.pem",
                            f"{directory}/{name}.key")
    if newest is not None:
        # Only security level 0 still permits the old versions.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
    return context


def endpoints(options):
    """(name, behaviour, address, TLS context) of every port to open"""
    for name in ALL:
        yield name, name, "127.0.0.1", None
    for number in range(1, options.ok + 1):
        yield f"ok{number}", "ok", "127.0.0.1", None
    if options.ipv6:
        yield "ok6", "ok", "::1", None
    if not options.ca_dir:
        return
    good = tls_context(options.ca_dir, "good")
    yield "tls_ok", "ok", "127.0.0.1", good
    for name in CERTIFICATES:
        yield f"tls_{name}", "ok", "127.0.0.1", tls_context(
            options.ca_dir, name)
    yield "tls_old", "ok", "127.0.0.1", tls_context(
        options.ca_dir, "good", ssl.TLSVersion.TLSv1_1)
    for name in TLS_FAULTS:
        yield f"tls_{name}", name, "127.0.0.1", good
    if options.ipv6:
        yield "tls_ok6", "ok", "::1", good


def end_with_stdin(loop):
    """/dev/null, the input of a background job, says nothing about a parent"""
    if not stat.S_ISCHR(os.fstat(0).st_mode):
        loop.add_reader(0, lambda: os.read(0, 4096) or os._exit(0))


async def main(options):
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, os._exit, 0)
    end_with_stdin(loop)

    hub = Hub(options.log)
    servers = []
    for name, behaviour, address, context in endpoints(options):
        server = await loop.create_server(
            lambda name=name, behaviour=behaviour: Peer(
                hub, name, ALL[behaviour], ON_CONNECT.get(behaviour)),
            address, 0, ssl=context, backlog=4096)
        servers.append(server)
        hub.ports[name] = server.sockets[0].getsockname()[1]

    # Bound but never listening: nobody else can take the port meanwhile.
    refused = socket.socket()
    refused.bind(("127.0.0.1", 0))
    hub.ports["refused"] = refused.getsockname()[1]

    # Renamed into place, so that whoever sees the file sees all of it.
    with open(options.ports + ".new", "w") as file:
        file.write(json.dumps(hub.ports) + "\n")
    os.replace(options.ports + ".new", options.ports)
    await asyncio.Event().wait()


if __name__ == "__main__":
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    # A refused handshake is what many tests are after; it is no news.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    asyncio.run(main(arguments()))
