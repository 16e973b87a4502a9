"""The walls of the house: a module imports only from floors below its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import PACKAGE

#: Room (module or package) -> floor.
FLOORS = {
    "errors": 1,
    "states": 1,
    "symbols": 0,
    "checks": 2,
    "address": 2,
    "socket_address": 3,
    "blocklist": 4,
    "bound": 4,
    "defaults": 3,
    "dispatcher": 2,
    "events": 3,
    "names": 3,
    "kernel": 3,
    "kernel_options": 4,
    "stream.encoding": 3,
    "stream": 4,
    "acceptor": 4,
    "options": 4,
    "transport": 5,
    "connecting": 5,
    "idle": 6,
    "ends": 6,
    "tuning": 6,
    "onread": 6,
    "splicing": 6,
    "lifetime": 6,
    "socket_options": 5,
    "listening": 6,
    "socket": 7,
    "accepting": 8,
    "server": 9,
    "loadtest": 9,
    "": 10,  # the package itself
    "serving": 10,
    "__main__": 11,
    "gunicorn": 11,
}
#: Rooms that know neither loop nor greenlets.
WITHOUT_GEVENT = ("states", "errors", "address", "socket_address", "blocklist", "defaults")
#: Past this a room is two ideas.
MOST_LINES = 500


def module_name(path: Path) -> str:
    """``stream.readable`` for ``gnet/stream/readable.py``; empty for the package itself."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(module: str) -> str:
    """The room a module is in: itself, or its package."""
    if module in FLOORS:
        return module
    return module.partition(".")[0]


def is_type_checking(node: ast.AST) -> bool:
    """Whether it is an ``if TYPE_CHECKING`` block, which imports nothing at run time."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """What is executed, at any depth."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            assert isinstance(child, ast.If)
            for other in child.orelse:
                yield from statements(other)
            continue
        yield child
        yield from statements(child)


def imported(module: str) -> set[str]:
    """The full names of the modules that a module imports."""
    found: set[str] = set()
    for node in statements(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: relative imports hide where a name comes from"
            assert node.module is not None
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                is_module = submodule.removeprefix("gnet.") in MODULES
                found.add(submodule if is_module else node.module)
    return found


def imported_rooms(module: str) -> set[str]:
    """The modules of gnet that a module imports, without the package's name."""
    return {
        name.removeprefix("gnet").removeprefix(".")
        for name in imported(module)
        if name == "gnet" or name.startswith("gnet.")
    }


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_floor(module: str) -> None:
    """A new room is given its place before it is built."""
    assert room(module) in FLOORS


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_below(module: str) -> None:
    """Neither upwards nor sideways; modules of one package may import each other."""
    floor = FLOORS[room(module)]
    wrong = {
        other
        for other in imported_rooms(module)
        if FLOORS[room(other)] >= floor and room(other) != room(module)
    }
    assert wrong == set()


def test_modules_of_one_package_import_each_other_without_cycles() -> None:
    """Somewhere a reader has to begin."""
    edges = {module: imported_rooms(module) - {module} for module in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for other in sorted(edges[module]):
                visit(other, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", WITHOUT_GEVENT)
def test_a_pure_room_imports_no_gevent(module: str) -> None:
    """Decisions are made without a loop; not even under ``TYPE_CHECKING``."""
    names = {
        name
        for node in ast.walk(ast.parse(MODULES[module].read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not [name for name in names if name.partition(".")[0] in ("gevent", "greenlet")]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_not_too_long(module: str) -> None:
    """Past five hundred lines it is two ideas."""
    assert len(MODULES[module].read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_owns(module: str) -> None:
    """It opens with a docstring, unless there is nothing in it."""
    tree = ast.parse(MODULES[module].read_text())
    assert not tree.body or ast.get_docstring(tree)


def test_every_floor_is_lived_on() -> None:
    """A room that is gone leaves no line in the table."""
    assert {room(module) for module in MODULES} == set(FLOORS)
