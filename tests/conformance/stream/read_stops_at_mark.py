"""A socket that nobody reads takes in no more than its high-water mark; then the peer waits."""

from _pair import over, pair, settled
from net._sides import Side, round_trips

import gnet

SIZE = 4 * 1024 * 1024

enter = {
    "untouched": lambda _client: None,
    "paused": lambda client: client.pause(),
    "readable listener": lambda client: client.on("readable", lambda: None),
    "flowing, then paused": lambda client: client.once("data", lambda _data: client.pause()),
}

for name, act in enter.items():
    side = Side(name)
    client, peer = pair()
    act(client)
    peer.end(bytes(SIZE))
    while client.readable_length < client.readable_high_water_mark:
        round_trips(1)
    settled()
    read = client.bytes_read
    side.note("stopped", client.readable_length < 2 * client.readable_high_water_mark)
    side.note("peer waits", peer.writable_length, peer.writable_finished)
    settled()
    side.note("nothing more", client.bytes_read == read, client.readable_ended)
    if client.listener_count("readable"):
        client.remove_all_listeners("readable")
    client.resume()
    gnet.once(client, "end")
    side.note("all", client.bytes_read, client.readable_length)
    over(client, peer)
gnet.run()
