"""The timeout option of connect() and a callback of setTimeout(): called once, then forgotten."""

from _sides import Side, listen_locally

import gnet

side = Side("client")
serving = Side("server")


def on_connection(socket: gnet.Socket) -> None:
    server.close()
    serving.note("timeout", socket.timeout)

    def callback() -> None:
        serving.note("callback", socket.listener_count("timeout"))
        socket.end()

    socket.set_timeout(250, callback)
    serving.watch(socket, "timeout", "end", "error", "close")
    socket.resume()


def on_port(port: int) -> None:
    client = gnet.connect({"port": port, "host": "127.0.0.1", "timeout": 25})
    side.note("timeout", client.timeout, client.listener_count("timeout"))
    side.watch(client, "timeout", "end", "error", "close")
    client.resume()

    def once_more() -> None:
        client.set_timeout(25, lambda: side.note("callback", client.listener_count("timeout")))

    client.once("timeout", once_more)
    client.on("close", lambda _had_error: side.note("after", client.timeout))


server = gnet.create_server(on_connection)
listen_locally(server, on_port)
gnet.run()
