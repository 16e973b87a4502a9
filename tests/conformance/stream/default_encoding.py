"""set_default_encoding() says what the text of a write stands for that names no encoding."""

from _pair import attempt, over, pair, settled
from net._sides import Side

import gnet

encodings = ["utf8", "hex", "base64", "latin1", "UCS2", "Hex", "buffer"]
bad = ["nonsense", "", None, 5]

for encoding in encodings:
    side = Side(encoding)
    client, peer = pair()
    parts: list[bytes] = []
    peer.on("data", parts.append)
    client.on("error", lambda err, side=side: side.note("error", err))

    def set_it(client=client, encoding=encoding) -> bool:
        return client.set_default_encoding(encoding) is client

    def end_it(client=client) -> bool:
        return client.end("6566") is client

    attempt(side, "set", set_it)
    attempt(side, "write", client.write, "6162")
    attempt(side, "latin1", client.write, "\u00e9", "latin1")
    attempt(side, "bytes", client.write, b"bytes")
    attempt(side, "callback", client.write, "6364", lambda _err, side=side: side.note("written"))
    settled()
    side.note("came", b"".join(parts), client.bytes_written)
    attempt(side, "end", end_it)
    settled()
    side.note("came", b"".join(parts))
    over(client, peer)

side = Side("bad")
client, peer = pair()
for encoding in bad:
    attempt(
        side,
        "null" if encoding is None else str(encoding),
        lambda encoding=encoding: client.set_default_encoding(encoding) is client,
    )
peer.on("data", lambda data: side.note("data", data))
client.write("caf\u00e9")
settled()
over(client, peer)
gnet.run()
