"""A generator at the head of a pipeline is asked for more only when the destination drains."""

from collections.abc import Iterator

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet

SIZE = 1024 * 1024

for end in ("read", "destroyed"):
    side = Side(end)
    destination, reader = pair()
    destination.on("error", lambda _err: None)
    reader.on("error", lambda _err: None)
    reader.pause()
    made: list[None] = []

    def source(made=made, side=side) -> Iterator[bytes]:
        try:
            while len(made) < 5:
                made.append(None)
                yield bytes(SIZE)
        finally:
            side.note("left", len(made))

    gnet.pipeline(source, destination, noting(side, "done"))
    settled()
    side.note("waits", len(made), destination.writable_need_drain)
    if end == "read":
        reader.resume()
        gnet.once(reader, "end")
        side.note("came", reader.bytes_read, len(made))
    else:
        destination.destroy()
    settled()
    over(destination, reader)
gnet.run()
