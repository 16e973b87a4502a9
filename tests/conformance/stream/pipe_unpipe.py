"""unpipe() of one destination, of all, of a stranger, and what becomes of the flow."""

from _pair import feed, over, pair, settled
from net._sides import Side

import gnet

side = Side("source")
source, writer = pair()
first, first_reader = pair()
second, second_reader = pair()
stranger, stranger_reader = pair()
Side("first").watch(first_reader, "data", "end")
Side("second").watch(second_reader, "data", "end")
for name, socket in {"first": first, "second": second, "stranger": stranger}.items():
    socket.on("pipe", lambda origin, name=name: side.note(f"{name} pipe", origin is source))
    socket.on(
        "unpipe",
        lambda origin, info, name=name: side.note(f"{name} unpipe", origin is source, info),
    )
side.watch(source, "pause", "resume")


def state(label: str) -> None:
    side.note(label, source.readable_flowing, source.is_paused(), source.readable_length)


source.pipe(first)
source.pipe(second)
state("piped")
feed(writer, "both")
side.note("stranger", source.unpipe(stranger) is source)
state("as before")
side.note("first", source.unpipe(first) is source)
state("one left")
feed(writer, "second only")
side.note("again", source.unpipe(first) is source)
source.unpipe(second)
state("none left")
feed(writer, "waits")
state("it waits")
source.pipe(first)
settled()
state("flows")
source.pipe(second)
source.pipe(second)
state("twice")
feed(writer, "2")
side.note("all", source.unpipe() is source)
state("none")
side.note("none", source.unpipe() is source)
feed(writer, "late")
state("late")
over(
    source,
    writer,
    first,
    first_reader,
    second,
    second_reader,
    stranger,
    stranger_reader,
)
gnet.run()
