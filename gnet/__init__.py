"""Node's ``net`` for Python on gevent: `Server`, `Socket` and `EventEmitter`.

The names are Node's, in Python's spelling, with Node's spelling beside it; listeners are ordinary
functions that may block, since they run in greenlets. Example::

    import gnet

    @gnet.create_server
    def server(socket):
        socket.on('data', socket.write)

    server.listen(4000)
    gnet.run()
"""

from gnet import events
from gnet.accepting import DropCounts
from gnet.address import AddressInfo, DropInfo, is_ip, is_ipv4, is_ipv6
from gnet.blocklist import BlockList
from gnet.bound import BoundSocket
from gnet.defaults import (
    get_default_auto_select_family,
    get_default_auto_select_family_attempt_timeout,
    set_default_auto_select_family,
    set_default_auto_select_family_attempt_timeout,
)
from gnet.dispatcher import run
from gnet.errors import (
    AbortError,
    AggregateError,
    GnetError,
    GnetRangeError,
    GnetTypeError,
    KeepAliveWarning,
    MaxListenersExceededWarning,
    TimeoutOverflowWarning,
)
from gnet.events import AbortController, AbortSignal, EventEmitter, on, once, spawned
from gnet.kernel_options import AcceptQueue
from gnet.server import Server, create_server
from gnet.socket import Socket, connect
from gnet.socket_address import SocketAddress
from gnet.stream import finished, pipeline

__all__ = [
    "AbortController",
    "AbortError",
    "AbortSignal",
    "AcceptQueue",
    "AddressInfo",
    "AggregateError",
    "BlockList",
    "BoundSocket",
    "DropCounts",
    "DropInfo",
    "EventEmitter",
    "GnetError",
    "GnetRangeError",
    "GnetTypeError",
    "KeepAliveWarning",
    "MaxListenersExceededWarning",
    "Server",
    "Socket",
    "SocketAddress",
    "Stream",
    "TimeoutOverflowWarning",
    "connect",
    "createConnection",
    "createServer",
    "create_connection",
    "create_server",
    "events",
    "finished",
    "getDefaultAutoSelectFamily",
    "getDefaultAutoSelectFamilyAttemptTimeout",
    "get_default_auto_select_family",
    "get_default_auto_select_family_attempt_timeout",
    "isIP",
    "isIPv4",
    "isIPv6",
    "is_ip",
    "is_ipv4",
    "is_ipv6",
    "on",
    "once",
    "pipeline",
    "run",
    "setDefaultAutoSelectFamily",
    "setDefaultAutoSelectFamilyAttemptTimeout",
    "set_default_auto_select_family",
    "set_default_auto_select_family_attempt_timeout",
    "spawned",
]

Stream = Socket
create_connection = createConnection = connect
createServer = create_server
getDefaultAutoSelectFamily = get_default_auto_select_family
getDefaultAutoSelectFamilyAttemptTimeout = get_default_auto_select_family_attempt_timeout
isIP = is_ip
isIPv4 = is_ipv4
isIPv6 = is_ipv6
setDefaultAutoSelectFamily = set_default_auto_select_family
setDefaultAutoSelectFamilyAttemptTimeout = set_default_auto_select_family_attempt_timeout
