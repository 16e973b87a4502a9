"""An unreferenced server keeps nothing alive, said before it listened or after."""

from _sides import Side, listen_locally
from conformance_trace import trace

import gnet

early = Side("before")
late = Side("after")
back = Side("taken back")

before = gnet.create_server()
early.note("unref", before.unref() is before, before.unref() is before)
before.on("close", lambda: trace("never"))
before.listen(0, lambda: early.note("listens"))

after = gnet.create_server()
after.on("close", lambda: trace("never"))


def on_listening(port: int) -> None:
    def on_connection(socket: gnet.Socket) -> None:
        late.note("connection")
        socket.on("data", lambda data: socket.end(data))

    after.on("connection", on_connection)
    late.note("unref", after.unref() is after, after.listening)
    # A connection keeps the process, though its server does not.
    client = gnet.connect(port, "127.0.0.1")
    client.on("data", lambda data: late.note("data", data))
    client.on("close", lambda _had_error: late.note("client closed"))
    client.write("hello")


listen_locally(after, on_listening)

taken = gnet.create_server()
taken.unref()
back.note("ref", taken.ref() is taken)
taken.on("close", lambda: back.note("close"))
taken.listen(0, "127.0.0.1", lambda: taken.close())
gnet.run()
trace("exit", before.listening, after.listening, taken.listening)
