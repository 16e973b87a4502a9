"""blockList must be a BlockList; what counts as false is none at all."""

from typing import Any

from _sides import attempt

import gnet


class Widget:
    """No list."""


def made(value: Any) -> Any:
    return gnet.create_server({"blockList": value}).block_list


bad: list[Any] = [5, "x", True, Widget()]
for value in bad:
    attempt("blockList", made, value)
none: list[Any] = [0, "", False, None]
for value in none:
    attempt("none", made, value)
blocked = gnet.BlockList()
attempt("a list", lambda: made(blocked) is blocked)
