"""Looking up host names without blocking the hub. Node: dns, "dns.lookup()"."""

from __future__ import annotations

import socket as _socket
from collections.abc import Callable

import gevent
import gevent.socket

from gnet.address import is_ip
from gnet.dispatcher import Dispatcher, TaskOwner
from gnet.errors import dns_error

__all__ = ["look_up"]


_KINDS = {0: _socket.AF_UNSPEC, 4: _socket.AF_INET, 6: _socket.AF_INET6}
_FAMILIES = {_socket.AF_INET: 4, _socket.AF_INET6: 6}


def look_up(
    host: str,
    flags: int,
    then: Callable[[OSError | None, list[tuple[str, int]]], object],
    dispatcher: Dispatcher,
    owner: TaskOwner,
    family: int = 0,
) -> None:
    """Resolve ``host`` and call ``then(error, addresses)`` later, as a task of ``owner``.

    Args:
        host: A name, or an IP address, which needs no resolver.
        flags: Of getaddrinfo(3), such as ``AI_ADDRCONFIG``.
        then: Gets None and the addresses, or the error (``ENOTFOUND``, …) and none.
        dispatcher: Of the owner.
        owner: On whose behalf ``then`` runs.
        family: 4 or 6 for addresses of that family only.
    """

    def answer(error: OSError | None, addresses: list[tuple[str, int]]) -> None:
        dispatcher.defer(lambda _: then(error, addresses), owner)

    def resolve() -> None:
        try:
            name = host.encode("idna").decode()
            found = gevent.socket.getaddrinfo(
                name, None, _KINDS[family], _socket.SOCK_STREAM, 0, flags
            )
        except OSError as error:
            answer(dns_error(error.errno or 0, host), [])
        except UnicodeError:  # a label that IDNA cannot encode: no such name
            answer(dns_error(_socket.EAI_NONAME, host), [])
        else:
            addresses = [(str(i[4][0]), _FAMILIES[i[0]]) for i in found if i[0] in _FAMILIES]
            answer(None, addresses)

    if is_ip(host):
        answer(None, [(host, is_ip(host))])
    else:
        gevent.spawn(resolve)
