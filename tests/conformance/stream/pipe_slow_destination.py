"""With one slow destination of two the source waits for it; everything comes to both."""

from _pair import over, pair, settled
from net._sides import Side, round_trips

import gnet

SIZE = 4 * 1024 * 1024

side = Side("source")
source, writer = pair()
fast, fast_reader = pair()
slow, slow_reader = pair()
got: list[int] = []
got_slow: list[int] = []
fast_reader.on("data", lambda data: got.append(len(data)))
slow_reader.pause()
source.pipe(fast)
source.pipe(slow)
side.note("free", slow.writable_need_drain, slow.listener_count("drain"))
writer.end(bytes(SIZE))
while not slow.writable_need_drain:
    round_trips(1)
settled()
side.note("held", source.readable_flowing, source.is_paused(), fast.writable_need_drain)
side.note("some came", sum(got) > 0, sum(got) < SIZE, slow.listener_count("drain"))
slow_reader.on("data", lambda data: got_slow.append(len(data)))
slow_reader.resume()
while sum(got) < SIZE or sum(got_slow) < SIZE:
    round_trips(1)
settled()
side.note("all came", sum(got) == SIZE, sum(got_slow) == SIZE)
side.note("ended", fast.writable_finished, slow.writable_finished, slow.listener_count("drain"))
over(source, writer, fast, fast_reader, slow, slow_reader)
gnet.run()
