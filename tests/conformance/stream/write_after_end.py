"""write() and end() after end(): the error goes to the callback and, for a write, to 'error'."""

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet

EVENTS = ["prefinish", "finish", "error", "close"]

steps = {
    "write": lambda socket, note: socket.write("late", note),
    "write without callback": lambda socket, _note: socket.write("late"),
    "write of nothing": lambda socket, note: socket.write("", note),
    "end": lambda socket, note: socket.end(note) is socket,
    "end with a chunk": lambda socket, note: socket.end("late", note) is socket,
}

for name, step in steps.items():
    side = Side(f"{name}, ending")
    client, peer = pair(allow_half_open=True)
    Side(f"{name}, ending, peer").watch(peer.on("error", lambda _err: None), "data", "end", "close")
    side.watch(client, *EVENTS)
    client.end("last", noting(side, "ended"))
    side.note("step", step(client, noting(side, "callback")))
    side.note("then", client.destroyed, client.errored, client.writable_finished)
    settled()
    side.note("quiet", client.destroyed, client.errored, client.writable_finished)
    over(client, peer)

    side = Side(f"{name}, finished")
    client, peer = pair(allow_half_open=True)
    peer.on("error", lambda _err: None)
    side.watch(client, *EVENTS)
    client.end()
    settled()
    side.note("step", step(client, noting(side, "callback")))
    side.note("then", client.destroyed, client.errored, client.writable_finished)
    settled()
    side.note("quiet", client.destroyed, client.errored, client.writable_finished)
    over(client, peer)
gnet.run()
