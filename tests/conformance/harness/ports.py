"""A port that was given a name is written by that name wherever it can appear, and only there."""

from conformance_trace import port_label, trace


class RefusedError(OSError):
    """A refused connection as gnet reports it."""

    code = "ECONNREFUSED"
    syscall = "connect"
    address = "127.0.0.1"
    port = 40002


trace("before", 40001, "at 127.0.0.1:40001")
trace("names", port_label(40001), port_label(40002), port_label(40001))
trace("arguments", 40001, 40002, 40003, [40001])
trace("keys", {"port": 40001, "localPort": 40002, "remotePort": 40001, "bytes": 40001})
trace("nested", [{"address": "::1", "port": 40002}])
trace("text", "from [::1]:40001 to 1.2.3.4:40002", ":400011", "40001", ":40003")
trace("error", RefusedError("connect ECONNREFUSED 127.0.0.1:40002"))
