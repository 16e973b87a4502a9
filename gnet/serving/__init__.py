"""A process that serves an application: what ``gnet serve`` is made of.

Only `gnet.serving.cli` knows all of it. The others know the public `gnet.Server` and `gnet.Socket`
and, at most, each other: from the text of an address to a listening socket (`addresses`), from
``MODULE:CALLABLE`` to servers (`application`), serving until told to stop (`service`).
"""
