"""With an encoding 'data' brings text; characters that come in pieces are put together."""

from _sides import Side, listen_locally, until

import gnet

cases = [
    ("utf8", ["c3", "a9", "e29c", "93", "f0", "9f98", "80", "41"]),
    ("utf8", ["41c3", "41", "ff", "e29c"]),
    ("UTF-8", ["c3a9"]),
    ("utf16le", ["e9", "00", "3dd8", "00de", "41", "0042", "00"]),
    ("utf16le", ["4100", "3dd8", "4200", "43"]),
    ("utf16le", ["4100", "3dd8"]),
    ("ucs2", ["4100"]),
    ("base64", ["41", "42", "43", "4142", "4344", "45"]),
    ("base64", ["fbff", "bf"]),
    ("base64url", ["41", "fb", "ff", "bf", "41"]),
    ("hex", ["c3", "a9ff"]),
    ("latin1", ["c3", "a980ff"]),
    ("binary", ["e9"]),
    ("ascii", ["c3", "4180ff"]),
]


def run() -> None:
    if not cases:
        return
    encoding, groups = cases.pop(0)
    side = Side(f"{encoding} {' '.join(groups)}")
    clients: list[gnet.Socket] = []
    total = [0]

    def on_connection(socket: gnet.Socket) -> None:
        server.close()
        socket.resume()

        def following() -> None:
            # The next group goes when the one before was read.
            if not groups:
                socket.end()
                return
            group = bytes.fromhex(groups.pop(0))
            total[0] += len(group)
            socket.write(group)
            until(lambda: clients[0].bytesRead == total[0], following)

        following()

    def on_port(port: int) -> None:
        client = gnet.connect(port, "127.0.0.1")
        clients.append(client)
        side.note("set", client.setEncoding(encoding) is client, client.readableEncoding)
        side.watch(client, "data", "end", "close")

    server = gnet.createServer(on_connection)
    server.on("close", run)
    listen_locally(server, on_port)


run()
gnet.run()
