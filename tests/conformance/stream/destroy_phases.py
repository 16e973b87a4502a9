"""destroyed, errored, closed and readable_aborted, by the phase of destroy()."""

from collections.abc import Callable
from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet


def fresh(client: Any, peer: Any) -> None:
    pass


def with_data(client: Any, peer: Any) -> None:
    feed(peer, "abc")


def flowing(client: Any, peer: Any) -> None:
    client.resume()
    feed(peer, "abc")


def peer_ended_unread(client: Any, peer: Any) -> None:
    peer.end("abc")
    settled()


def peer_ended_read(client: Any, peer: Any) -> None:
    client.resume()
    peer.end("abc")
    settled()


def corked(client: Any, peer: Any) -> None:
    client.cork()
    client.write("abc")


def ending(client: Any, peer: Any) -> None:
    client.end("abc")


def ended(client: Any, peer: Any) -> None:
    client.end("abc")
    settled()


def both_ended(client: Any, peer: Any) -> None:
    client.resume()
    client.end()
    settled()
    client.once("end", client.destroy)
    peer.end()


phases: dict[str, Callable[[Any, Any], None]] = {
    "fresh": fresh,
    "with data": with_data,
    "flowing": flowing,
    "peer ended, unread": peer_ended_unread,
    "peer ended, read": peer_ended_read,
    "corked": corked,
    "ending": ending,
    "ended": ended,
    "both ended": both_ended,
}

for phase, enter in phases.items():
    for error in (None, Exception("no more")):
        side = Side(f"{phase}, {'error' if error else 'no error'}")
        client, peer = pair(allow_half_open=True)
        peer.on("error", lambda _err: None)
        peer.resume()

        def state(label: str, socket=client, side=side) -> None:
            side.note(
                label,
                socket.destroyed,
                socket.errored,
                socket.closed,
                socket.readable_aborted,
                socket.readable,
                socket.writable,
            )

        for event in ("finish", "end", "error", "close"):
            client.on(event, lambda *_args, event=event, state=state: state(event))
        enter(client, peer)
        state("before")
        side.note("destroy", client.destroy(error) is client)
        state("destroyed")
        client.destroy(Exception("too late"))
        settled()
        state("over")
        over(client, peer)

side = Side("not connected")
socket = gnet.Socket()


def state_of_it(label: str) -> None:
    side.note(
        label,
        socket.destroyed,
        socket.errored,
        socket.closed,
        socket.readable_aborted,
    )


socket.on("close", lambda *_args: state_of_it("close"))
state_of_it("new")
socket.destroy()
state_of_it("destroyed")
settled()
gnet.run()
