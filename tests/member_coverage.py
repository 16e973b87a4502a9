"""Which public members no test and no scenario touches; ``python tests/member_coverage.py``.

The members are those of the table in compatibility.py that are not absent. It looks at the syntax
of every test and every Python scenario, and counts as a use of a member

* an attribute or a name in either spelling: ``server.listen``, ``is_ip``;
* a method that a test's class defines: ``def nodejs_rejection``;
* a keyword, for an option: ``listen(port=0)``;
* a string, for an option or an event, or for what is looked up by name: ``{'port': 0}``,
  ``on('drop')``, ``getattr(list, 'add_range')``;
* a ``for`` loop for ``__iter__``, and a call of ``repr`` for ``__repr__``.

It cannot see whose member is used: ``bound.close()`` would count for a server, too. Therefore a
file counts only if it names the class as well, and sockets and servers, which nearly every file
has, are the weak spot. Nor does it see whether the use is one that matters.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from compatibility import GROUPS, Group, Row

__all__ = ["uncovered"]

TESTS = Path(__file__).resolve().parent
#: Files that name members without using them.
LISTS = {"compatibility", "member_coverage", "test_aliases", "test_compatibility"}
#: What a file must name before it counts for a class; others count everywhere.
NAMED_BY = {
    "gnet.BlockList": {"BlockList"},
    "gnet.BoundSocket": {"BoundSocket"},
    "gnet.SocketAddress": {"SocketAddress"},
    "gnet.events": {"events"},
}


class _Uses(ast.NodeVisitor):
    """What one file uses."""

    def __init__(self, path: Path) -> None:
        self.names: set[str] = set()
        self.keywords: set[str] = set()
        self.strings: set[str] = set()
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_Name(self, node: ast.Name) -> None:
        """A variable, or what was imported; ``repr`` stands for what it calls."""
        self.names.add("__repr__" if node.id == "repr" else node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """A member."""
        self.names.add(node.attr)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A method that something calls by its name."""
        self.names.add(node.name)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """The module that something is imported from."""
        self.names.update((node.module or "").split("."))
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        """What is imported."""
        self.names.update(node.name.split("."))

    def visit_For(self, node: ast.For) -> None:
        """A loop over something that may be a stream."""
        if isinstance(node.iter, (ast.Name, ast.Attribute)):
            self.names.add("__iter__")
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """An option."""
        if node.arg is not None:
            self.keywords.add(node.arg)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """An event, an option's key, or a name for ``getattr``."""
        if isinstance(node.value, str):
            self.strings.add(node.value)


def _all_uses() -> list[_Uses]:
    return [_Uses(path) for path in sorted(TESTS.rglob("*.py")) if path.stem not in LISTS]


def _is_used(group: Group, row: Row, files: list[_Uses]) -> bool:
    spellings = {row.python, row.node}
    for uses in files:
        if not NAMED_BY.get(group.of, set()) <= uses.names:
            continue
        seen = uses.strings
        if group.kind == "option":
            seen = seen | uses.keywords
        elif group.kind == "member":
            seen = seen | uses.names
        if seen & spellings:
            return True
    return False


def uncovered() -> list[str]:
    """The members that nothing uses, with the title of their group."""
    files = _all_uses()
    return [
        f"{group.title}: {row.node}"
        for group in GROUPS
        for row in group.rows
        if row.status != "absent" and not _is_used(group, row, files)
    ]


if __name__ == "__main__":
    missing = uncovered()
    sys.stdout.write("".join(f"{line}\n" for line in missing))
    sys.exit(1 if missing else 0)
