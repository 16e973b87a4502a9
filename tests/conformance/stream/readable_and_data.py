"""With listeners for 'readable' and 'data' the stream does not flow; read() emits 'data'."""

from collections.abc import Callable
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

Begun = tuple[Any, Any, Callable[..., None], Callable[[], None], Callable[[Any], None]]


def begin(name: str) -> Begun:
    side = Side(name)
    client, peer = pair()
    side.watch(client, "pause", "resume", "end")

    def state(label: str, *args: Any) -> None:
        side.note(label, *args, client.readableFlowing, client.isPaused(), client.readableLength)

    def on_readable() -> None:
        state("readable")

    def on_data(data: Any) -> None:
        state("data", data)

    return client, peer, state, on_readable, on_data


client, peer, state, on_readable, on_data = begin("data, then readable")
client.on("data", on_data)
feed(peer, "a")
client.on("readable", on_readable)
state("both")
feed(peer, "b")
state("read", client.read())
feed(peer, "c")
client.removeListener("readable", on_readable)
state("readable removed")
settled()
state("flows")
feed(peer, "d")
over(client, peer)

client, peer, state, on_readable, on_data = begin("readable, then data")
client.on("readable", on_readable)
state("readable only")
feed(peer, "a")
client.on("data", on_data)
feed(peer, "b")
state("both")
client.removeListener("data", on_data)
state("data removed")
feed(peer, "c")
state("read", client.read())
client.off("readable", on_readable)
settled()
state("none")
feed(peer, "d")
state("d waits")
client.resume()
settled()
state("resumed")
over(client, peer)

client, peer, state, on_readable, on_data = begin("all removed")
client.on("readable", on_readable)
client.on("data", on_data)
feed(peer, "a")
client.removeAllListeners("readable")
feed(peer, "b")
state("no readable")
client.removeAllListeners("data")
feed(peer, "c")
state("no data")
over(client, peer)

client, peer, state, on_readable, on_data = begin("resumed beside readable")
client.on("readable", on_readable)
client.resume()
state("resume")
feed(peer, "a")
client.pause()
state("pause")
feed(peer, "b")
state("read", client.read())
client.removeListener("readable", on_readable)
settled()
state("removed after a pause")
client.on("data", on_data)
feed(peer, "c")
state("data")
over(client, peer)
gnet.run()
