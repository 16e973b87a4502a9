"""A signal destroys a pipeline that waits; one that has fired before prevents it."""

from typing import Any

import gevent
from _pair import feed, over, pair, settled
from net._sides import Side

import gnet
from gnet.symbols import ABSENT


def wait(side: Side, *args: Any, **options: Any) -> None:
    try:
        side.note("done", gnet.pipeline(*args, **options))
    except Exception as err:
        side.note("failed", err)


reasons: list[Any] = [ABSENT, Exception("why")]
for when in ("during", "before", "after"):
    for reason in reasons:
        side = Side(f"{when}, {'no reason' if reason is ABSENT else 'reason'}")
        source, writer = pair()
        destination, reader = pair()
        writer.on("error", lambda _err: None)
        reader.on("error", lambda _err: None)
        source.on("error", lambda _err: None)
        destination.on("error", lambda _err: None)
        controller = gnet.AbortController()
        signal = controller.signal
        if when == "before":
            controller.abort(reason)
        waiting = gevent.spawn(wait, side, source, destination, signal=signal)
        feed(writer, "abc")
        if when == "during":
            controller.abort(reason)
        settled()
        side.note("then", source.destroyed, destination.destroyed)
        writer.end()
        waiting.join()
        controller.abort(reason)
        settled()
        side.note("last", source.destroyed, destination.destroyed)
        over(source, writer, destination, reader)
gnet.run()
