"""write() returns False from the high-water mark on; writable_length counts what waits."""

from typing import Any

from _pair import over, pair, settled
from net._sides import Side

import gnet

MARK = 65536

side = Side("corked")
client, peer = pair()
peer.resume()


def state(label: str, *args: Any) -> None:
    side.note(
        label, *args, client.writable_length, client.writable_need_drain, client.bytes_written
    )


side.note("mark", client.writable_high_water_mark, client.writable_object_mode)
client.on("drain", lambda: state("drain"))
client.cork()
state("below", client.write(bytes(MARK - 1)))
state("at", client.write("x"))
state("above", client.write("y"))
state("empty", client.write(""))
client.uncork()
settled()
state("sent")
client.cork()
state("text", client.write("\u00e9" * (MARK - 1)))
state("one more", client.write("\u00e9"))
client.uncork()
settled()
state("sent")
client.cork()
state("whole", client.write(bytes(MARK)))
client.uncork()
settled()
state("sent")
client.cork()
state("below", client.write(bytes(MARK - 1)))
client.uncork()
settled()
state("no drain")
over(client, peer)

side = Side("not connected")
socket = gnet.Socket()


def waiting(label: str, *args: Any) -> None:
    side.note(label, *args, socket.writable_length, socket.writable_need_drain)


waiting("below", socket.writable)
socket.destroy()
waiting("destroyed", socket.writable)
gnet.run()
