"""A pipeline through a socket in the middle: what goes in there comes back from its peer."""

from typing import Any

from _pair import feed, noting, over, pair, settled
from net._sides import Side

import gnet


def shout(echo: Any) -> None:
    echo.on("data", lambda data: echo.write(data.decode().upper()))
    echo.on("end", lambda: echo.end("!"))


for ending in ("end", "destroy"):
    side = Side(ending)
    source, writer = pair()
    middle, echo = pair(allow_half_open=True)
    destination, reader = pair()
    writer.on("error", lambda _err: None)
    echo.on("error", lambda _err: None)
    reader.on("error", lambda _err: None)
    parts: list[bytes] = []
    reader.on("data", parts.append)
    shout(echo)
    last = gnet.pipeline(source, middle, destination, noting(side, "done"))
    side.note("gives", last is destination)
    feed(writer, "abc", "def")
    if ending == "end":
        writer.end("last")
    else:
        middle.destroy()
    settled()
    side.note("came", b"".join(parts))
    side.note("then", source.destroyed, middle.destroyed, destination.destroyed)
    over(source, writer, middle, echo, destination, reader)

side = Side("there and back")
client, echo = pair(allow_half_open=True)
gnet.pipeline(echo, echo, noting(side, "done"))
client.on("data", lambda data: side.note("data", data))
client.on("end", lambda: side.note("end"))
feed(client, "abc", "def")
client.end()
settled()
over(client, echo)
gnet.run()
