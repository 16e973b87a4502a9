"""cork() holds writes back until as many uncork(); end() uncorks for good."""

from collections.abc import Callable
from typing import Any

import gevent
from _pair import noting, over, pair, settled
from net._sides import Side

import gnet


def begin(name: str) -> tuple[Side, Any, Any, Callable[..., None]]:
    side = Side(name)
    client, peer = pair()
    Side(f"{name}, peer").watch(peer, "data")
    side.watch(client, "drain", "prefinish", "finish", "error")

    def state(label: str, *args: Any) -> None:
        side.note(
            label, *args, client.writable_corked, client.writable_length, client.bytes_written
        )

    return side, client, peer, state


side, client, peer, state = begin("once")
side.note("cork", client.cork())
state("write", client.write("a", noting(side, "a")))
state("write", client.write(b"b", noting(side, "b")))
state("write", client.write("Yw==", "base64", noting(side, "c")))
settled()
state("waits")
side.note("uncork", client.uncork())
state("uncorked")
state("write", client.write("d", noting(side, "d")))
settled()
over(client, peer)

side, client, peer, state = begin("nested")
client.cork()
client.write("a")
client.cork()
client.write("b")
state("twice")
client.uncork()
settled()
state("still")
client.uncork()
settled()
state("none")
client.uncork()
state("too often")
client.write("c")
settled()
over(client, peer)

side, client, peer, state = begin("with end")
client.cork()
client.write("a", noting(side, "a"))
client.end("b", noting(side, "end"))
state("ended")
settled()
over(client, peer)

side, client, peer, state = begin("nested with end")
client.cork()
client.cork()
client.cork()
client.write("a", noting(side, "a"))
client.end(noting(side, "end"))
state("ended")
settled()
state("quiet")
over(client, peer)

side, client, peer, state = begin("nothing")
client.cork()
client.uncork()
client.cork()
client.write("", noting(side, "empty"))
state("empty")
client.uncork()
settled()
state("quiet")
over(client, peer)

side, client, peer, state = begin("in a turn")
client.cork()
client.write("header ", noting(side, "header"))
client.write("body", noting(side, "body"))
gevent.spawn(client.uncork)
settled()
state("quiet")
over(client, peer)
gnet.run()
