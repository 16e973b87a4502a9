"""A 'data' listener beside a pipe sees the same; pause() holds both back."""

from typing import Any

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("source")
source, writer = pair()
destination, reader = pair()
Side("reader").watch(reader, "data", "end")


def on_data(data: Any) -> None:
    side.note("data", data)


source.on("data", on_data)
source.pipe(destination)
feed(writer, "a", "b")
source.pause()
feed(writer, "c")
side.note("waits", source.readableLength, reader.bytesRead)
source.resume()
settled()
side.note("flows", source.readableLength, reader.bytesRead)
source.removeListener("data", on_data)
feed(writer, "d")
side.note("without", source.readableFlowing, source.readableLength, reader.bytesRead)
source.on("data", on_data)
source.unpipe(destination)
feed(writer, "e")
side.note("unpiped", source.readableFlowing, source.readableLength, reader.bytesRead)
source.resume()
settled()
side.note("resumed", source.readableFlowing, source.readableLength, reader.bytesRead)
over(source, writer, destination, reader)
gnet.run()
