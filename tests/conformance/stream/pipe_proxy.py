"""Two sockets piped into each other are a proxy: each end goes through, whoever ends first."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

for half in (False, True):
    for first in ("client", "server"):
        name = f"half open {'true' if half else 'false'}, {first} ends first"
        options = {"allow_half_open": half}
        client, front = pair(**options)
        back, server = pair(**options)
        Side(f"{name}: client").watch(client, "data", "end", "finish", "error", "close")
        Side(f"{name}: server").watch(server, "data", "end", "finish", "error", "close")
        proxy = Side(f"{name}: proxy")
        front.on("close", lambda had_error, proxy=proxy: proxy.note("front closed", had_error))
        front.pipe(back).pipe(front)
        feed(client, "question")
        feed(server, "answer")
        one, other = (client, server) if first == "client" else (server, client)
        one.end("bye")
        settled()
        proxy.note("after one", front.destroyed, back.destroyed, one.destroyed, other.destroyed)
        if not other.destroyed:
            other.end("good bye")
        settled()
        proxy.note("after both", front.destroyed, back.destroyed, one.destroyed, other.destroyed)
        proxy.note(
            "bytes", front.bytes_read, front.bytes_written, back.bytes_read, back.bytes_written
        )
        over(client, front, back, server)
gnet.run()
