"""A socket over a descriptor that was opened elsewhere: ends of a pipe, and what is refused."""

import os

from _sides import Side, attempt, fresh_directory
from conformance_trace import trace

import gnet

EVENTS = ["connect", "ready", "data", "end", "finish", "error", "close"]
directory = fresh_directory()
file = os.path.join(directory, "file")
with open(file, "w") as opened:
    opened.write("text")
for what, name in [("file", file), ("directory", directory), ("device", "/dev/null")]:
    fd = os.open(name, os.O_RDONLY)
    attempt(what, gnet.Socket, {"fd": fd})
    attempt(f"{what}, by number", gnet.Socket, fd)
    os.close(fd)

fifo = os.path.join(directory, "fifo")
os.mkfifo(fifo)
incoming = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
outgoing = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
wrong = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
reader = gnet.Socket({"fd": incoming, "writable": False})
writer = gnet.Socket(fd=outgoing, readable=False)
unreadable = gnet.Socket({"fd": wrong})


def show(label: str, socket: gnet.Socket) -> None:
    trace(
        label,
        *[socket.readable, socket.writable, socket.ready_state, socket.pending],
        *[socket.connecting, socket.destroyed, socket.bytes_read, socket.bytes_written],
        *[socket.local_port, socket.remote_address, socket.buffer_size, socket.address()],
    )


def on_data(_data: bytes) -> None:
    show("reader", reader)
    writer.end("the pipe")


def on_written(_err: object) -> None:
    show("writer", writer)
    reader.once("data", on_data)


show("reader", reader)
show("writer", writer)
Side("reader").watch(reader, *EVENTS)
Side("writer").watch(writer, *[event for event in EVENTS if event != "data"])
Side("unreadable").watch(unreadable, "error", "close")
attempt("reset", writer.reset_and_destroy)
attempt("no delay", lambda: writer.set_no_delay() is writer)
attempt("keep-alive", lambda: writer.set_keep_alive(True, 5000) is writer)
attempt("type of service", lambda: writer.set_type_of_service(8).get_type_of_service())
unreadable.on("close", lambda _had_error: writer.write("through ", on_written))
reader.on("close", lambda _had_error: show("reader", reader))
writer.on("close", lambda _had_error: show("writer", writer))
gnet.run()
