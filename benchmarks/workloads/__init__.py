"""The workloads: what is asked of a server, and which meter is read around it.

| module | its workloads |
|---|---|
| ``base.py`` | what a workload is |
| ``echo.py`` | echoes of all sizes over any number of connections |
| ``answers.py`` | other requests with an answer: small writes, listeners that block, a proxy |
| ``short.py`` | connections that live for one request |
| ``bulk.py`` | one connection, as much as it takes in one direction |
| ``memory.py`` | connections that do nothing |
"""

from benchmarks.workloads.answers import BLOCKED_LISTENERS, PROXY, SMALL_WRITES
from benchmarks.workloads.base import Plan, Slice, Start, Task, Workload
from benchmarks.workloads.bulk import BULK_IN, BULK_OUT
from benchmarks.workloads.echo import ECHOES
from benchmarks.workloads.memory import IDLE
from benchmarks.workloads.short import CONNECT_ECHO_CLOSE

__all__ = ["WORKLOADS", "Plan", "Slice", "Start", "Task", "Workload"]

_ALL = (
    *ECHOES,
    CONNECT_ECHO_CLOSE,
    PROXY,
    SMALL_WRITES,
    BLOCKED_LISTENERS,
    BULK_IN,
    BULK_OUT,
    IDLE,
)

#: All workloads by name, in the order of the report: headlines first.
WORKLOADS = {
    workload.name: workload for workload in sorted(_ALL, key=lambda one: not one.is_headline)
}
