"""What happens within one turn, between its ticks, and what only after them."""

from _pair import next_tick, noting, over, pair, settled
from net._sides import Side

import gnet

side = Side("a write after end, a tick later")
client, peer = pair()
side.watch(client, "finish", "error", "close")
client.end("x", noting(side, "end"))
next_tick(lambda: side.note("write", client.write("late")))
settled()
over(client, peer)

side = Side("finish, and ticks of ticks")
client, peer = pair()
side.watch(client, "finish")
client.end()


def tick(left: int) -> None:
    if left:
        next_tick(lambda: tick(left - 1))
    else:
        side.note("five ticks later")


tick(5)
settled()
over(client, peer)

side = Side("resumed in pause")
client, peer = pair()
client.resume()
client.on("pause", client.resume)
client.pause()
side.note("then", client.readable_flowing, client.is_paused())
over(client, peer)

side = Side("unshift, and data listened to in resume")
client, peer = pair()
client.resume()
client.unshift("kept")
client.on("resume", lambda: client.on("data", side.noting("data")))
settled()
over(client, peer)

side = Side("push before readable")
client, peer = pair()
client.push("abcd")
client.on("readable", lambda: side.note("readable", client.read(2)))
settled()
side.note("left", client.readable_length)
over(client, peer)
gnet.run()
