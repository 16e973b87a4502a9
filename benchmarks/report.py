"""The report for people: a table per workload, and a matrix of ratios as the summary."""

import textwrap
from collections.abc import Sequence

from benchmarks.measured import SUBJECT, Measured, Ratios
from benchmarks.peers import PEERS
from benchmarks.rounds import Outcome

__all__ = ["WIDTH", "matrix", "table"]

#: Columns of the terminal that a line takes at most.
WIDTH = 100

NOTHING = "-"

#: Columns of a table: their heads, and how wide each one is.
_COLUMNS = (
    ("least", 8),
    ("median", 8),
    ("spread", 6),
    ("per s", 9),
    ("p50 us", 8),
    ("p99 us", 8),
    ("busy", 5),
    ("least", 7),
    ("paired", 7),
)
_GAP = "  "
_NAME_WIDTH = 14


def table(measured: Measured) -> str:
    """Return the table of one workload; ratios below 1 say that gnet needs less."""
    widths = [_NAME_WIDTH, *(width for _, width in _COLUMNS)]
    heads = _line(["peer", *(head for head, _ in _COLUMNS)], widths)
    above = f"{measured.unit:>{_NAME_WIDTH + 2 * 8 + 4}}"
    lines = [
        textwrap.fill(f"{measured.name}: {measured.title}", WIDTH),
        above + f"{SUBJECT} / peer".rjust(len(heads) - len(above)),
        heads,
        _GAP.join("-" * width for width in widths),
    ]
    for name, outcome in measured.outcomes.items():
        if outcome.is_complete:
            cells = [*_figures(measured, outcome), *_ratio_cells(measured.ratios(name))]
            lines.append(_line([name, *cells], widths))
        else:
            begin = f"{name:{_NAME_WIDTH}}{_GAP}"
            indent = " " * len(begin)
            lines.append(textwrap.fill(begin + outcome.problem, WIDTH, subsequent_indent=indent))
    lines += [textwrap.fill(f"note: {note}", WIDTH) for note in _notes(measured)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Join cells: the first flush left, the others flush right."""
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return _GAP.join([cells[0].ljust(widths[0]), *rest])


def _figures(measured: Measured, outcome: Outcome) -> list[str]:
    """Return what a peer has by itself."""
    return [
        f"{outcome.least:.{measured.decimals}f}",
        f"{outcome.median:.{measured.decimals}f}",
        _cell(outcome.spread, ".0%"),
        _cell(outcome.per_second, ".0f"),
        _cell(outcome.p50_us, ".0f"),
        _cell(outcome.p99_us, ".0f"),
        _cell(outcome.busy, ".0%"),
    ]


def _ratio_cells(ratios: Ratios | None) -> list[str]:
    if ratios is None:
        return [NOTHING, NOTHING]
    return [f"{ratios.least:.2f}", f"{ratios.paired:.2f}"]


def _cell(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)


def _notes(measured: Measured) -> list[str]:
    """Return what the reader must know about some of the figures."""
    return sorted({s.note for outcome in measured.outcomes.values() for s in outcome.slices} - {""})


def matrix(title: str, measured: Sequence[Measured]) -> str:
    """Return the summary: gnet's cost as a share of each peer's, least by least.

    Args:
        title: The line above it.
        measured: The rows; a peer that none of them has figures of gets no column.
    """
    peers = _compared(measured)
    names = max(len(found.name) for found in measured)
    widths = [names, *(max(len(peer), 6) for peer in peers)]
    lines = [title, _line(["workload", *peers], widths), _GAP.join("-" * w for w in widths)]
    for found in measured:
        cells = [_ratio_cells(found.ratios(peer))[0] for peer in peers]
        lines.append(_line([found.name, *cells], widths))
    return "\n".join(lines)


def _compared(measured: Sequence[Measured]) -> list[str]:
    """Return the peers that gnet can be compared with somewhere, in the order of the report."""
    found = {
        name for one in measured for name in one.outcomes if name != SUBJECT and one.ratios(name)
    }
    return [name for name in PEERS if name in found] + sorted(found - set(PEERS))
