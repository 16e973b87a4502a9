"""What is no chunk is refused by write() and end() at once, in every phase."""

from _pair import attempt, noting, over, pair, settled
from net._sides import Side

import gnet


class Thing:
    """Nothing that a stream takes."""


writes = {
    "write(null)": lambda socket, note: socket.write(None, note),
    "write(5)": lambda socket, note: socket.write(5, note),
    "write(thing)": lambda socket, note: socket.write(Thing(), note),
    "write(true)": lambda socket, note: socket.write(True, note),
    "unknown encoding": lambda socket, note: socket.write("ab", "nonsense", note),
    "end(5)": lambda socket, note: socket.end(5, note) is socket,
    "end(null)": lambda socket, note: socket.end(None, note) is socket,
    "end, unknown encoding": lambda socket, note: socket.end("ab", "nonsense", note) is socket,
}

phases = {
    "open": lambda _socket: None,
    "corked": lambda socket: socket.cork(),
    "ended": lambda socket: socket.end(),
    "destroyed": lambda socket: socket.destroy(),
}

for phase, enter in phases.items():
    for name, write in writes.items():
        side = Side(f"{phase}, {name}")
        client, peer = pair()
        peer.on("error", lambda _err: None)
        side.watch(client, "finish", "error", "close")
        enter(client)
        attempt(side, "gives", write, client, noting(side, "callback"))
        side.note("then", client.writable_length, client.writable_ended, client.destroyed)
        settled()
        over(client, peer)
gnet.run()
