"""The mode of a socket file: what the umask leaves, or what readableAll and writableAll say."""

import os
import stat
from typing import Any

from _sides import fresh_directory
from conformance_trace import trace

import gnet

directory = fresh_directory()
made = 0
cases: list[dict[str, Any]] = [
    *[{}, {"readableAll": True}, {"writableAll": True}],
    {"readableAll": True, "writableAll": True},
    *[{"readableAll": 1, "writableAll": "yes"}, {"readableAll": False}],
]

for umask in [0o022, 0o077]:
    os.umask(umask)
    for options in cases:
        made += 1
        place = os.path.join(directory, f"s{made}")
        server = gnet.create_server()
        server.listen({"path": place, **options})
        mode = stat.S_IMODE(os.stat(place).st_mode)
        trace("mode", umask, options, mode, server.listening)
        server.close()
        trace("removed", not os.path.exists(place))
gnet.run()
