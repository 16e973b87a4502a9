"""An echo server over TCP, over a Unix socket, or over both.

    python examples/echo.py --port 4000
    python examples/echo.py --path /tmp/echo.sock --max-connections 100
    gnet serve --app-dir examples echo:on_connection

Stop it with Ctrl-C or SIGTERM: it accepts no more, and ends when its last connection has. As a
program it then prints with ``--report``, for each listener, how many of which events it saw, as
JSON.
"""

from __future__ import annotations

import argparse
import json
import signal
from collections import Counter

import gevent

import gnet


def on_connection(socket: gnet.Socket) -> None:
    """Send back what comes."""

    def echo(chunk: bytes) -> None:
        if not socket.write(chunk):
            # The peer sends faster than it reads: read on when it has caught up.
            socket.pause()
            socket.once("drain", socket.resume)

    socket.on("data", echo)
    socket.on("error", lambda error: None)  # what happens to the peer ends this connection only


def serve(counts: Counter[str], max_connections: int | None) -> gnet.Server:
    """Make an echo server that counts its events."""

    def count(socket: gnet.Socket) -> None:
        counts["connection"] += 1
        socket.on("data", lambda chunk: counts.update(data=1))
        socket.on("error", lambda error: counts.update(error=1))
        socket.on("close", lambda had_error: counts.update(close=1))

    server = gnet.create_server(count)
    server.on("connection", on_connection)
    server.max_connections = max_connections
    server.on("drop", lambda *_: counts.update(drop=1))
    return server


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="An echo server.")
    parser.add_argument("--host", help="address to listen on (default: any)")
    parser.add_argument("--port", type=int, help="TCP port; 0 lets the system choose")
    parser.add_argument("--path", help="path of a Unix socket")
    parser.add_argument("--max-connections", type=int, help="refuse more than this, per listener")
    parser.add_argument("--report", action="store_true", help="print the counts at the end")
    arguments = parser.parse_args()
    if arguments.port is None and arguments.path is None:
        arguments.port = 4000

    counts: dict[str, Counter[str]] = {}
    servers: list[gnet.Server] = []

    def listen(name: str, **where: object) -> None:
        counts[name] = Counter()
        server = serve(counts[name], arguments.max_connections)
        server.on("error", lambda error: parser.exit(1, f"cannot listen: {error}\n"))
        server.on("listening", lambda: print("listening", name, shown(server), flush=True))
        servers.append(server.listen(**where))

    def shown(server: gnet.Server) -> str:
        where = server.address()
        if isinstance(where, gnet.AddressInfo):
            return f"{where.address} {where.port}"
        return str(where)

    def stop() -> None:
        for server in servers:
            server.close()

    if arguments.port is not None:
        listen("tcp", port=arguments.port, host=arguments.host)
    if arguments.path is not None:
        listen("unix", path=arguments.path)
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, stop)

    gnet.run()
    if arguments.report:
        print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    main()
