"""Writes that destroy() cuts off: each callback is called once, in order, before 'close'."""

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet

SIZE = 4 * 1024 * 1024

for error in (None, Exception("no more")):
    kind = "error" if error else "no error"
    side = Side(f"corked, {kind}")
    client, peer = pair()
    peer.on("error", lambda _err: None)
    side.watch(client, "drain", "finish", "error", "close")
    client.cork()
    client.write("a", noting(side, "a"))
    client.write("b", noting(side, "b"))
    client.destroy(error)
    side.note("destroyed", client.writable_length, client.writable_corked)
    client.uncork()
    settled()
    side.note("over", client.writable_length, client.bytes_written)
    over(client, peer)

    side = Side(f"under way, {kind}")
    client, peer = pair()
    peer.on("error", lambda _err: None)
    peer.pause()
    side.watch(client, "drain", "finish", "error", "close")
    client.write(bytes(SIZE), noting(side, "large"))
    client.write("b", noting(side, "b"))
    client.end("c", noting(side, "end"))
    settled()
    side.note("waits", client.writable_length)
    client.destroy(error)
    settled()
    side.note("over", client.writable_finished, client.errored)
    over(client, peer)

    side = Side(f"written, {kind}")
    client, peer = pair()
    peer.on("error", lambda _err: None)
    side.watch(client, "drain", "finish", "error", "close")
    client.write("a", noting(side, "a"))
    client.write("b", noting(side, "b"))
    client.destroy(error)
    settled()
    over(client, peer)

    side = Side(f"in a callback, {kind}")
    client, peer = pair()
    peer.on("error", lambda _err: None)
    side.watch(client, "drain", "finish", "error", "close")

    def on_written(err, side=side, client=client, error=error) -> None:
        side.note("a", err)
        client.destroy(error)

    client.write("a", on_written)
    client.write("b", noting(side, "b"))
    client.end(noting(side, "end"))
    settled()
    over(client, peer)
gnet.run()
