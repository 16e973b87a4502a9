"""``__all__`` tells all that is public, and nothing that is not there."""

from __future__ import annotations

import ast
import importlib
from types import ModuleType

import pytest
from test_layout import MODULES

import gnet

#: Public by name and yet in no ``__all__``: why. What another room uses is checked below.
HELPERS = {
    "address.from_kernel": "turns what the kernel says into an AddressInfo",
    "address.is_link_local": "tells the server which address it cannot listen on",
    "events.abort.check_signal": "whatever takes a signal checks it so",
}
#: Public by name, used in their own module only, and yet not private: why.
TYPES = {
    "address.Info": "what AddressInfo and DropInfo have in common",
    "connecting.Connecting": "what a Connector asks of its socket",
    "events.abort.AbortEvent": "what a signal's listeners get",
    "loadtest.client.RequestEvent": "what a client tells its operations to",
}


def imported_name(module: str) -> ModuleType:
    """The module itself."""
    return importlib.import_module(f"gnet.{module}" if module else "gnet")


def definitions(module: str) -> set[str]:
    """The functions and classes that a module defines under a public name, also in branches."""
    return {
        node.name
        for node in _top_level(ast.parse(MODULES[module].read_text()).body)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    found = []
    for node in body:
        found.append(node)
        if isinstance(node, ast.If):
            found += _top_level(node.body) + _top_level(node.orelse)
    return found


def users(module: str, name: str) -> set[str]:
    """The other modules that take a name from a module."""
    found = set()
    for other, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == f"gnet.{module}":
                found |= {other for alias in node.names if alias.name == name}
            elif isinstance(node, ast.Attribute) and node.attr == name:
                # ``kernel.peer_name``, after ``from gnet import kernel``
                base = node.value.id if isinstance(node.value, ast.Name) else ""
                found |= {other} if base == module.rpartition(".")[2] else set()
    return found - {module}


def has_code(module: str) -> bool:
    """Whether there is more in a module than a docstring."""
    return any(
        not isinstance(node, ast.Expr) for node in ast.parse(MODULES[module].read_text()).body
    )


WITH_CODE = [module for module in MODULES if has_code(module)]


@pytest.mark.parametrize("module", WITH_CODE)
def test_what_is_exported_exists(module: str) -> None:
    """Each name once, and no private one."""
    exported = imported_name(module).__all__
    assert [name for name in exported if not hasattr(imported_name(module), name)] == []
    assert len(set(exported)) == len(exported)
    assert [name for name in exported if name.startswith("_")] == []


@pytest.mark.parametrize("module", WITH_CODE)
def test_what_is_public_is_exported(module: str) -> None:
    """Otherwise its name starts with an underscore, or it stands above with a reason."""
    listed = {name.rpartition(".")[2] for name in (*HELPERS, *TYPES) if _module_of(name) == module}
    missing = definitions(module) - set(imported_name(module).__all__) - listed
    assert missing == set()


def _module_of(name: str) -> str:
    return name.rpartition(".")[0]


@pytest.mark.parametrize("name", [*HELPERS, *TYPES])
def test_an_exception_is_still_one(name: str) -> None:
    """What is gone, or exported by now, leaves the list."""
    module, _, own = name.rpartition(".")
    assert own in definitions(module)
    assert own not in imported_name(module).__all__


@pytest.mark.parametrize("name", HELPERS)
def test_a_helper_is_used_in_another_room(name: str) -> None:
    """What only its own module uses is private there."""
    module, _, own = name.rpartition(".")
    assert users(module, own) != set()


def test_the_packages_exports_are_sorted() -> None:
    """So that a reader finds what is there."""
    assert sorted(gnet.__all__) == gnet.__all__


def test_a_star_import_brings_what_is_exported() -> None:
    """No more and no less."""
    names: dict[str, object] = {}
    exec("from gnet import *", names)
    assert set(names) - {"__builtins__"} == set(gnet.__all__)


def test_stream_is_another_name_of_socket() -> None:
    """As in Node, which had it first."""
    assert gnet.Stream is gnet.Socket
