"""Write callbacks, 'drain', 'prefinish', the callbacks of end(), 'finish', 'end', 'close'."""

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet

EVENTS = ["drain", "prefinish", "finish", "end", "close", "error"]

for half_open in (False, True):
    side = Side(f"half open {'true' if half_open else 'false'}")
    client, peer = pair(allowHalfOpen=half_open)
    peer.resume()
    client.resume()

    def state(label: str, client=client, side=side) -> None:
        side.note(
            label,
            client.writable,
            client.writableEnded,
            client.writableFinished,
            client.writableLength,
            client.writableCorked,
            client.closed,
            client.destroyed,
        )

    for event in EVENTS:
        client.on(event, lambda *_args, event=event, state=state: state(event))
    state("new")
    client.cork()
    client.write(bytes(65536), noting(side, "first"))
    client.write("second", noting(side, "second"))
    state("written")
    client.end("third", noting(side, "end"))
    client.end(noting(side, "another end"))
    state("ended")
    settled()
    state("quiet")
    client.end(noting(side, "late end"))
    settled()
    peer.end()
    settled()
    state("over")
    over(client, peer)
gnet.run()
