"""A chat in lines of text, whose rooms can span processes and hosts.

    python examples/chat.py --port 4000                         # one process, nothing but gnet
    nc 127.0.0.1 4000                                           # and another, to have company

    pip install redis                                           # rooms that span processes
    GNET_CHAT_REDIS=redis://127.0.0.1 gnet serve --app-dir examples chat:make_server

The first line is one's name. Then each line goes to everybody in one's room, but for ``/join
ROOM``, ``/leave`` and ``/quit``. What the chat itself says begins with a star.

What is said goes through a bus (``chat_bus.py``): in one process a mere call, else Redis, whose URL
is ``GNET_CHAT_REDIS`` or ``REDIS_URL``. While a process cannot reach Redis its members are told so,
keep their names and rooms, and are told of each line of theirs that nobody has heard; what others
say meanwhile they miss.

Who does not read holds up nobody: when ``MAX_UNREAD`` bytes wait for him, his connection is reset.
Who talks faster than a line in ``GNET_CHAT_PACE`` seconds (0.05) is read more slowly, so that TCP
pushes back on him alone. When the server closes, everybody is told so; in the second half of the
``GNET_CHAT_LINGER`` seconds (0) that follow, the connections are ended one after the other, so that
not all come back to another process at once.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
import os
import re
import signal
from collections import defaultdict
from typing import Any

import gevent
from chat_bus import Away, Bus, MemoryBus, RedisBus
from gevent import monkey

import gnet

LOBBY = "lobby"
#: Bytes of a line; what is longer is not said.
MAX_LINE = 1000
#: Bytes that may wait for a member beyond what the kernel holds for him: some 60 long lines.
MAX_UNREAD = 65536
#: Seconds after which a connection is given up that was ended, but not by its other end.
END_S = 5
#: Seconds between two lines of a member, and from the goodbye to the end of the last connection.
PACE_S = float(os.environ.get("GNET_CHAT_PACE", "0.05"))
LINGER_S = float(os.environ.get("GNET_CHAT_LINGER", "0"))

WORD = re.compile(r"[A-Za-z0-9_-]{1,20}")  # a name, or a room
log = logging.getLogger("chat")


class Member:
    """A connection, and the name and room of who is behind it."""

    def __init__(self, chat: Chat, socket: gnet.Socket) -> None:
        self.name = ""
        self.room = ""
        self._chat = chat
        self._socket = socket
        self._rest = b""  # of a line that has not ended yet
        socket.on("data", self._on_data)
        socket.on("error", lambda error: None)  # 'close' follows
        socket.on("close", lambda had_error: chat.forget(self))

    @property
    def is_here(self) -> bool:
        """Whether one can still talk to him."""
        return self._socket.writable

    def tell(self, text: str) -> None:
        """Send him a line, unless too much waits for him already."""
        line = text.encode() + b"\n"
        if not self.is_here:
            return
        if self._socket.writable_length + len(line) > MAX_UNREAD:
            log.info("%s does not read", self.name or "somebody without a name")
            self._socket.reset_and_destroy()
        else:
            self._socket.write(line)

    def end(self) -> None:
        """Close when he has all that he was told; reset if he does not take it."""
        self._socket.set_timeout(END_S * 1000, self._socket.reset_and_destroy)
        self._socket.end()

    def _on_data(self, chunk: bytes) -> None:
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[: MAX_LINE + 1]  # enough to know that it is too long
        for line in lines:
            if not self.is_here:
                break
            if len(line) > MAX_LINE:
                self.tell(f"* a line may have {MAX_LINE} bytes")
            else:
                # Nothing that could steer a terminal gets through.
                letters = line.decode(errors="replace").strip()
                self._chat.on_line(self, "".join(c if c.isprintable() else " " for c in letters))
            gevent.sleep(PACE_S)  # while this listener has not returned, nothing more is read


class Chat:
    """The members that are connected to this process, and the rooms they are in."""

    def __init__(self, redis_url: str | None = None) -> None:
        self.members: set[Member] = set()
        self._is_closing = False  # several servers may close; goodbye is said once
        self.rooms: defaultdict[str, set[Member]] = defaultdict(set)
        self.bus: Bus = MemoryBus(self.deliver)
        if redis_url:
            self.bus = RedisBus(redis_url, self.deliver, self.announce)

    def serve(self, server: gnet.Server) -> gnet.Server:
        """Have the server's connections take part."""
        server.on("connection", self.on_connection)
        server.on("closing", self.on_closing)
        return server

    def on_connection(self, socket: gnet.Socket) -> None:
        """Ask who it is."""
        member = Member(self, socket)
        self.members.add(member)
        member.tell("* what is your name?")

    def on_line(self, member: Member, line: str) -> None:
        """Do what a line asks for, or say it to the room."""
        command, _, argument = line.partition(" ")
        try:
            if not line or member not in self.members:
                return
            elif command == "/quit":
                self.forget(member)
                member.tell("* goodbye")
                member.end()
            elif not member.name:
                self.sign_in(member, line)
            elif command == "/join" and WORD.fullmatch(argument):
                self.join(member, argument)
            elif command == "/leave" and member.room:
                self.leave(member)
            elif command.startswith("/"):
                member.tell("* /join ROOM, /leave, /quit; a room has up to 20 letters and digits")
            elif member.room:
                self.bus.publish(member.room, f"<{member.name}> {line}")
            else:
                member.tell("* you are in no room: /join ROOM")
        except Away:
            member.tell("* cut off from the other hosts: nobody has heard that, try again later")

    def sign_in(self, member: Member, name: str) -> None:
        """Give a member his name, if he may have it."""
        if not WORD.fullmatch(name):
            member.tell("* a name has up to 20 letters, digits, _ and -: what is yours?")
        elif not self.bus.claim(name.lower()):
            member.tell(f"* {name} is taken: what is your name?")
        elif member not in self.members:  # any more: claiming may have taken its time
            self.bus.release(name.lower())
        else:
            member.name = name
            member.tell(f"* welcome, {name}: /join ROOM, /leave and /quit are for you")
            self.join(member, LOBBY)

    def join(self, member: Member, room: str) -> None:
        """Put a member into a room, and out of the one he was in."""
        left = self._step_out(member)
        member.room = room
        self.rooms[room].add(member)
        if left:
            self._note(left, f"* {member.name} has left {left}")
        self._note(room, f"* {member.name} has come into {room}")

    def leave(self, member: Member) -> None:
        """Put a member out of his room."""
        left = self._step_out(member)
        member.tell("* you are in no room now")
        self._note(left, f"* {member.name} has left {left}")

    def forget(self, member: Member) -> None:
        """Give back what a member had who is gone, or about to go."""
        if member not in self.members:
            return
        self.members.remove(member)
        left = self._step_out(member)
        if member.name:
            self.bus.release(member.name.lower())
        if left:
            self._note(left, f"* {member.name} has left {left}")

    def deliver(self, room: str, text: str) -> None:
        """Tell all who are in a room."""
        for member in self.rooms.get(room, ()):
            member.tell(text)

    def announce(self, text: str) -> None:
        """Tell all who have a name."""
        for member in self.members:
            if member.name:
                member.tell(text)

    def on_closing(self) -> None:
        """Say goodbye, and have all connections ended a little later."""
        if not self._is_closing:
            self._is_closing = True
            for member in self.members:
                member.tell("* the server is closing: goodbye")
            gevent.spawn(self._dismiss)

    def _dismiss(self) -> None:
        gevent.sleep(LINGER_S / 2)
        leaving = list(self.members)
        for member in leaving:
            gevent.sleep(LINGER_S / 2 / len(leaving))
            self.forget(member)  # before the end: who comes back to another process wants his name
            member.end()

    def _step_out(self, member: Member) -> str:
        """Take a member out of his room, and return which it was."""
        room, member.room = member.room, ""
        self.rooms[room].discard(member)
        if not self.rooms[room]:
            del self.rooms[room]
        return room

    def _note(self, room: str, text: str) -> None:
        """Have a room hear what has happened, if it can."""
        with contextlib.suppress(Away):  # its members know that they are cut off
            self.bus.publish(room, text)


@functools.cache
def the_chat() -> Chat:
    """The chat of this process, on however many addresses it listens."""
    return Chat(os.environ.get("GNET_CHAT_REDIS") or os.environ.get("REDIS_URL"))


def make_server() -> gnet.Server:
    """Make a server of the chat: what ``gnet serve chat:make_server`` calls for each address."""
    # The kernel asks peers that have said nothing for five minutes whether they are still there.
    return the_chat().serve(
        gnet.create_server(keep_alive=True, keep_alive_initial_delay=300_000, no_delay=True)
    )


def main() -> None:
    """Serve until told to stop."""
    monkey.patch_all()  # for the client of Redis; gnet needs no patching
    parser = argparse.ArgumentParser(description="A chat.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=4000, help="0 lets the system choose")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    server = make_server()

    def on_listening() -> None:
        where: Any = server.address()
        log.info("listening on tcp://%s:%d", where.address, where.port)

    def stop() -> None:
        server.close()
        server.emit("closing")
        gevent.spawn_later(LINGER_S + 2 * END_S, server.close_all_connections)

    server.on("error", lambda error: parser.exit(1, f"cannot listen: {error}\n"))
    server.listen(arguments.port, arguments.host, on_listening)
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, stop)
    gnet.run()


if __name__ == "__main__":
    main()
