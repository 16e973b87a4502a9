"""write() and end() after destroy(): the callback gets an error, 'error' is not emitted for it."""

from collections.abc import Callable
from typing import Any

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def cork_and_write(socket: gnet.Socket, note: Callable[..., None]) -> bool:
    socket.cork()
    taken = socket.write("late", note)
    socket.uncork()
    return taken


steps: dict[str, Callable[[Any, Any], object]] = {
    "write": lambda socket, note: socket.write("late", note),
    "end": lambda socket, note: socket.end(note) is socket,
    "end with a chunk": lambda socket, note: socket.end("late", note) is socket,
    "cork and write": cork_and_write,
}

for name, step in steps.items():
    for error in (None, Exception("no more")):
        side = Side(f"{name}, {'error' if error else 'no error'}")
        client, peer = pair()
        peer.on("error", lambda _err: None)
        side.watch(client, "prefinish", "finish", "error", "close")
        client.destroy(error)
        side.note("step", step(client, noting(side, "callback")))
        side.note("then", client.errored, client.writable_length)
        settled()
        side.note("late step", step(client, noting(side, "late callback")))
        settled()
        side.note("quiet", client.errored, client.writable_ended, client.writable_finished)
        over(client, peer)
gnet.run()
