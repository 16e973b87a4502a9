"""readable_flowing, and the 'pause' and 'resume' events, through every way to stop and start."""

from collections.abc import Callable

from _sides import Side
from conformance_trace import trace

import gnet

steps: dict[str, Callable[[gnet.Socket], object]] = {
    "resume": lambda socket: socket.resume(),
    "pause": lambda socket: socket.pause(),
    "data listener": lambda socket: socket.on("data", lambda _data: None),
    "end listener": lambda socket: socket.on("end", lambda: None),
    "removed": lambda socket: socket.remove_all_listeners("data"),
    "encoding": lambda socket: socket.set_encoding("utf8"),
}
plans = [
    ["resume", "pause", "resume", "resume"],
    ["pause", "pause", "resume", "pause"],
    ["pause", "data listener", "resume"],
    ["data listener", "pause", "data listener"],
    ["data listener", "removed", "pause", "resume"],
    ["end listener", "data listener"],
    ["encoding", "pause", "resume"],
    ["pause", "end listener", "encoding"],
]

for plan in plans:
    side = Side(", ".join(plan))
    socket = gnet.Socket()
    side.watch(socket, "pause", "resume")
    side.note("new", socket.readable_flowing)
    for name in plan:
        result = steps[name](socket)
        side.note(name, result is socket, socket.readable_flowing)
trace("done")
gnet.run()
