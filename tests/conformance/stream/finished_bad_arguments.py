"""finished() refuses at once what is no stream, no options, no callback, no signal."""

from _pair import attempt, over, pair
from net._sides import Side

import gnet


class Thing:
    """Nothing that any stream knows."""


side = Side("client")
client, peer = pair()


def never(_err: object = None) -> None:
    side.note("called")


attempt(side, "no stream", gnet.finished, Thing(), never)
attempt(side, "null", gnet.finished, None, never)
attempt(side, "number", gnet.finished, 5, {}, never)
attempt(side, "callback", gnet.finished, client, {}, 5)
attempt(side, "text", gnet.finished, client, {}, "text")
attempt(side, "options", gnet.finished, client, 5, never)
attempt(side, "text options", gnet.finished, client, "text", never)
attempt(side, "signal", gnet.finished, client, {"signal": 5}, never)
attempt(side, "thing as signal", gnet.finished, client, {"signal": Thing()}, never)
over(client, peer)
gnet.run()
