"""``NetUser`` as Locust runs it."""

from __future__ import annotations

from gevent import monkey


def test_the_tests_run_unpatched() -> None:
    """Though Locust is imported: it is what most of gnet's users do."""
    modules = ("os", "queue", "select", "socket", "subprocess", "threading", "time")
    assert not [name for name in modules if monkey.is_module_patched(name)]
