"""What keeps a server from listening comes as 'error', with the place in it; listen() is silent."""

import os
from typing import Any

from _sides import fresh_directory, listen_locally
from conformance_trace import trace

import gnet

directory = fresh_directory()
long = "x" * 150


def shown(text: str) -> str:
    return text.replace(directory, "<dir>").replace(long, "<long>")


def in_directory(*names: str) -> str:
    return os.path.join(directory, *names)


with open(in_directory("file"), "w"):
    pass


def attempts(port: int) -> list[tuple[str, list[Any]]]:
    return [
        ("TCP port in use", [port, "127.0.0.1"]),
        ("in use, from any address", [port]),
        ("Unix path in use", [in_directory("used")]),
        ("a plain file", [in_directory("file")]),
        ("a directory", [directory]),
        ("no such directory", [in_directory("missing", "socket")]),
        ("below a file", [in_directory("file", "socket")]),
        ("too long a path", [in_directory(long)]),
        ("no such name", [0, "no-such-host.invalid"]),
        ("no address of ours", [0, "192.0.2.1"]),
        ("no address of ours, options", [{"port": 8, "host": "192.0.2.1"}]),
    ]


used = gnet.create_server()
used_path = gnet.create_server()


def run(left: list[tuple[str, list[Any]]]) -> None:
    if not left:
        used.close()
        used_path.close()
        return
    (label, args), *rest = left
    server = gnet.create_server()
    returned: list[bool] = []

    def on_listening() -> None:
        trace(label, "listens")
        server.close(lambda: run(rest))

    def on_error(err: Any) -> None:
        address = server.address()
        where = "null" if address is None else str(address)
        trace(label, bool(returned), server.listening, shown(where))
        trace(
            label,
            shown(getattr(err, "message", None) or str(err)),
            err.code,
            err.syscall,
            shown(str(getattr(err, "address", None) or "none")),
            getattr(err, "port", None),
            getattr(err, "hostname", None),
        )
        run(rest)

    server.on("listening", on_listening)
    server.on("close", lambda: trace(label, "close"))
    server.on("error", on_error)
    trace(label, server.listen(*args, lambda: trace("never called")) is server)
    returned.append(True)


def on_port(port: int) -> None:
    used_path.listen(in_directory("used"), lambda: run(attempts(port)))


listen_locally(used, on_port)
gnet.run()
