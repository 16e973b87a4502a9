"""destroy() inside any listener or callback: what was due before it comes, nothing after it."""

from _pair import feed, noting, over, pair, settled
from net._sides import Side

import gnet

EVENTS = [
    "readable",
    "data",
    "pause",
    "resume",
    "end",
    "drain",
    "prefinish",
    "finish",
    "pipe",
    "unpipe",
]

for event in EVENTS:
    for error in (None, Exception("no more")):
        side = Side(f"{event}, {'error' if error else 'no error'}")
        client, peer = pair(allow_half_open=True)
        other, reader = pair(allow_half_open=True)
        for socket in (peer, other, reader):
            socket.on("error", lambda _err: None)

        def on_event(*_args, side=side, client=client, event=event, error=error) -> None:
            side.note(event)
            client.destroy(error)
            side.note("destroyed", client.readable_length, client.writable_length)

        def on_second(*_args, side=side, event=event) -> None:
            side.note(f"second {event}")

        client.on("error", lambda err, side=side: side.note("error", err))
        client.on("close", lambda had_error, side=side: side.note("close", had_error))
        client.once(event, on_event)
        client.on(event, on_second)
        if event == "readable":
            feed(peer, "abc", "def")
            side.note("read", client.read())
        elif event in ("data", "end"):
            client.resume()
            feed(peer, "abc")
            peer.end("def")
        elif event in ("pause", "resume"):
            client.pause()
            client.resume()
            feed(peer, "abc")
        elif event in ("pipe", "unpipe"):
            other.pipe(client)
            feed(reader, "abc")
            other.unpipe(client)
        else:
            client.cork()
            client.write(bytes(65536), noting(side, "first"))
            client.write("second", noting(side, "second"))
            client.uncork()
            if event != "drain":
                client.end(noting(side, "end"))
        settled()
        side.note("over", client.destroyed, client.errored)
        over(client, peer, other, reader)
gnet.run()
