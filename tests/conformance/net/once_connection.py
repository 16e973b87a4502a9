"""once() waits for a server's and a socket's events, and raises the 'error' that comes first."""

from typing import Any

from _sides import free_port
from conformance_trace import port_label, trace

import gnet


def main() -> None:
    server = gnet.create_server()
    server.listen(0, "127.0.0.1")
    trace("listening", gnet.once(server, "listening"))
    address: Any = server.address()
    port_label(address.port)

    client = gnet.connect(address.port, "127.0.0.1")
    [socket] = gnet.once(server, "connection")
    trace("connection", isinstance(socket, gnet.Socket), socket.server is server)
    socket.write("hello")
    trace("data", gnet.once(client, "data"))
    client.end()
    socket.resume()
    trace("close", gnet.once(client, "close"))
    server.close()
    trace("server close", gnet.once(server, "close"))
    free_port(refused)


def refused(free: int) -> None:
    client = gnet.connect(free, "127.0.0.1")
    try:
        gnet.once(client, "connect")
    except Exception as err:
        trace("threw", err)
    trace("listeners left", client.listener_count("connect"), client.listener_count("error"))

    homeless = gnet.create_server()
    homeless.listen(0, "no-such-host.invalid")
    try:
        gnet.once(homeless, "listening")
    except Exception as err:
        trace("threw", err)


main()
gnet.run()
