"""A proxy of two pipes carries much in both directions at once, and each end in its turn."""

from typing import Any

from _pair import over, pair, settled
from gevent.event import AsyncResult
from net._sides import Side

import gnet

SIZE = 2 * 1024 * 1024


def gather(socket: Any) -> AsyncResult:
    gathered: AsyncResult = AsyncResult()
    parts: list[bytes] = []
    socket.on("data", parts.append)
    socket.on("end", lambda: gathered.set(b"".join(parts)))
    return gathered


side = Side("proxy")
client, front = pair(allow_half_open=True)
back, server = pair(allow_half_open=True)
question = (b"question " * (SIZE // 8))[:SIZE]
answer = (b"answer" * (SIZE // 4))[:SIZE]
front.pipe(back)
back.pipe(front)
at_server = gather(server)
at_client = gather(client)
client.end(question)
server.write(answer[: SIZE // 2])
side.note("asked", at_server.get() == question, server.writable)
server.end(answer[SIZE // 2 :])
side.note("answered", at_client.get() == answer)
settled()
side.note("over", front.destroyed, back.destroyed, client.destroyed, server.destroyed)
side.note("bytes", front.bytes_read, front.bytes_written, back.bytes_read, back.bytes_written)
over(client, front, back, server)
gnet.run()
