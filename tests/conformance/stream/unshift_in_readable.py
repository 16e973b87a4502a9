"""A 'readable' listener takes a header and puts back what it read too much."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("client")
client, peer = pair()
header: list[bytes] = []


def on_readable() -> None:
    side.note("readable", client.readable_length)
    while (chunk := client.read()) is not None:
        at = chunk.find(b"\n") + 1
        if at == 0:
            header.append(chunk)
        else:
            header.append(chunk[:at])
            side.note("header", b"".join(header).decode())
            client.off("readable", on_readable)
            if at < len(chunk):
                side.note("unshift", client.unshift(chunk[at:]), client.readable_length)
            client.on("data", lambda data: side.note("data", data))
            break


client.on("readable", on_readable)
client.once("end", lambda: side.note("end"))
feed(peer, "first ", "line\nsecond", " third")
side.note("then", client.readable_flowing, client.readable_length)
over(client, peer)

other = Side("outside")
reader, writer = pair()
reader.on("readable", lambda: other.note("readable", reader.readable_length))
feed(writer, "abc")
other.note("read", reader.read(2))
other.note("unshift", reader.unshift("xy"), reader.readable_length)
other.note("read", reader.read())
settled()
other.note("unshift", reader.unshift("put back"), reader.readable_length)
settled()
other.note("read", reader.read(3), reader.read())
over(reader, writer)
gnet.run()
