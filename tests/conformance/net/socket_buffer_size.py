"""buffer_size and the counters, before the connection, during writes, and after it."""

from _sides import Side, listen_locally

import gnet

side = Side("client")


def on_connection(socket: gnet.Socket) -> None:
    socket.resume()


def on_port(port: int) -> None:
    client = gnet.Socket()

    def note(label: str) -> None:
        side.note(
            label,
            *[client.buffer_size, client.writable_length, client.bytes_written],
            *[client.bytes_read, client.pending, client.writable_need_drain],
        )

    def on_connect() -> None:
        note("connect")
        client.write("more")
        note("written")
        client.cork()
        client.write("corked")
        client.write(b"corked too")
        note("corked")
        client.uncork()
        note("uncorked")
        client.end("!", lambda _err: note("finished"))

    def on_close(_had_error: bool) -> None:
        note("closed")
        server.close()

    note("new")
    client.connect(port, "127.0.0.1", on_connect)
    note("connecting")
    client.write("héllo")
    note("early")
    client.write("wörld", "latin1")
    note("early")
    client.write(bytes(70000), lambda _err: note("flushed"))
    note("much")
    client.resume()
    client.on("close", on_close)


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
