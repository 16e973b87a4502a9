"""The ``gnet`` command.

A health check comes every few seconds, and must not cost more than what it checks: it runs without
the package, whose import takes ten times as long. All else is `gnet.serving.cli`'s.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location

__all__ = ["main"]


def main() -> int:
    """Run the command line; the exit code."""
    if sys.argv[1:2] == ["health"]:
        return _health()
    from gnet.serving import cli

    return cli.main()


def _health() -> int:
    package = find_spec("gnet")  # which only looks for it
    assert package is not None
    assert package.submodule_search_locations is not None
    [place] = package.submodule_search_locations
    spec = spec_from_file_location("gnet_health", f"{place}/serving/health.py")
    assert spec is not None
    assert spec.loader is not None
    health = module_from_spec(spec)
    spec.loader.exec_module(health)
    status: int = health.main()
    return status


if __name__ == "__main__":
    sys.exit(main())
