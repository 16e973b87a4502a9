"""The charts: from results to SVG files. ``python -m benchmarks.charts`` draws older ones again.

Each function takes all that was measured and picks what it draws; ``None`` says that there was
nothing. A peer has the same colour in every chart. Text stays text in the files, so that it can be
searched and read aloud.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from benchmarks.measured import SUBJECT, Measured, read_json
from loadtests.drawing import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, YELLOW, drawing_style

__all__ = ["CHARTS", "draw_all", "write_charts"]

#: Colour, dashes and marker of each peer.
_STYLES = {
    "gnet": (BLUE, "-", "o"),
    "node": (GREEN, "-.", "^"),
    "uvloop": (ORANGE, "--", "s"),
    "StreamServer": (PURPLE, ":", "D"),
    "uvloop-streams": (YELLOW, (0, (5, 1)), "P"),
    "asyncio": (SKY, (0, (3, 1, 1, 1)), "X"),
    "pyee": (ORANGE, "--", "s"),
    "c-epoll": (GREY, (0, (1, 1)), "v"),
}
_UNKNOWN_STYLE = ("black", "-", "*")
_NAMES = {"node": "Node", "c-epoll": "C, epoll"}

#: A workload that echoes: how many connections, and the size of a message.
_ECHO = re.compile(r"echo-(\d+)x(\d+k?)")
_SIZES = {"64": "64 bytes", "1k": "1 KiB", "64k": "64 KiB"}

#: A server that used less of its core than this was not what limited the rate.
_BUSY = 0.9

_WIDTH_IN = 9.0
_TICKS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32)


def _new_figure(width_in: float, height_in: float) -> Figure:
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(w_pad=0.12, h_pad=0.1)
    return figure


def _style(peer: str) -> tuple[str, object, str]:
    return _STYLES.get(peer, _UNKNOWN_STYLE)


def _name(peer: str) -> str:
    return _NAMES.get(peer, peer)


def _in_order(peers: Iterable[str]) -> list[str]:
    """Return each peer once, in the order of the styles; those without one come last."""
    return sorted(set(peers), key=lambda peer: ([*_STYLES, peer].index(peer), peer))


def _legend_below(figure: Figure, all_axes: Iterable[Axes], columns: int) -> None:
    """Put one legend for all axes under the chart, each name once."""
    found: dict[str, Artist] = {}
    for axes in all_axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    labels = [_name(peer) for peer in _STYLES if _name(peer) in found]
    labels += [label for label in found if label not in labels]
    handles = [found[label] for label in labels]
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


# ---------------------------------------------------------------- ratios


def _ratios(measured: Sequence[Measured]) -> Figure | None:
    """Draw gnet's cost as a share of each peer's: bars that begin at 1, on a scale of doublings."""
    rows = [
        (found, peer, ratios.least)
        for found in measured
        if found.is_headline
        for peer in _in_order(found.outcomes)
        if peer != SUBJECT and (ratios := found.ratios(peer)) is not None
    ]
    if not rows:
        return None
    names = list(dict.fromkeys(found.name for found, _, _ in rows))
    # Bars lie next to each other within a workload, and workloads one bar apart.
    heights = [number + names.index(found.name) for number, (found, _, _) in enumerate(rows)]
    figure = _new_figure(_WIDTH_IN, 1.7 + 0.3 * (heights[-1] + 1))
    axes = figure.add_subplot()
    axes.set_xscale("log", base=2)
    for peer in _in_order(peer for _, peer, _ in rows):
        mine = [(y, row[2]) for y, row in zip(heights, rows, strict=True) if row[1] == peer]
        axes.barh(
            [y for y, _ in mine],
            [ratio - 1 for _, ratio in mine],
            left=1,
            height=0.85,
            color=_style(peer)[0],
            label=_name(peer),
        )
        for y, ratio in mine:
            below = ratio < 1
            axes.annotate(
                f"{ratio:.2f}",
                (ratio, y),
                xytext=(-4 if below else 4, 0),
                textcoords="offset points",
                ha="right" if below else "left",
                va="center",
                fontsize=10,
            )
    axes.axvline(1, color="black", linewidth=1.2)
    least = min(0.5, *(ratio for _, _, ratio in rows))
    most = max(2.0, *(ratio for _, _, ratio in rows))
    # Room for the figures at the ends of the longest bars.
    room = 1.1 * (most / least) ** 0.1
    axes.set_xlim(least / room, most * room)
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    middles = [
        sum(y for y, row in zip(heights, rows, strict=True) if row[0].name == name)
        / sum(row[0].name == name for row in rows)
        for name in names
    ]
    labels = {found.name: _label(found) for found, _, _ in rows}
    axes.set_yticks(middles, [labels[name] for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(heights[-1] + 0.8, -0.8)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"cost of {SUBJECT} / cost of the peer  (left of 1: {SUBJECT} needs less)")
    axes.set_title(f"What {SUBJECT} costs beside its peers")
    _legend_below(figure, [axes], 5)
    return figure


def _label(measured: Measured) -> str:
    """Return the name of a workload, with a word if its cost is no CPU time."""
    return f"{measured.name}\n(memory)" if measured.unit.startswith("bytes") else measured.name


# ---------------------------------------------------------------- costs

_PANELS_ACROSS = 3


def _costs(measured: Sequence[Measured]) -> Figure | None:
    """Draw the cost of an operation at each peer, a panel per workload."""
    shown = [found for found in measured if found.complete]
    if not shown:
        return None
    across = min(_PANELS_ACROSS, len(shown))
    down = -(-len(shown) // across)
    most = max(len(found.complete) for found in shown)
    figure = _new_figure(across * _WIDTH_IN / 2, 0.4 + down * (1.3 + 0.32 * most))
    all_axes = list(figure.subplots(down, across, squeeze=False).flat)
    for axes in all_axes[len(shown) :]:
        axes.remove()
    for axes, found in zip(all_axes, shown, strict=False):
        peers = _in_order(found.complete)
        costs = [found.complete[peer].least for peer in peers]
        bars = axes.barh(
            [_name(peer) for peer in peers],
            costs,
            color=[_style(peer)[0] for peer in peers],
            height=0.7,
        )
        axes.bar_label(bars, [f"{cost:,.{found.decimals}f}" for cost in costs], padding=4)
        axes.set_xlim(0, 1.3 * max(max(costs), 1e-9))
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(_unit_in_words(found.unit))
        axes.set_title(found.name)
    figure.suptitle("Cost by workload, least of the rounds (shorter is better)")
    return figure


def _unit_in_words(unit: str) -> str:
    """Return a unit as a label of an axis."""
    words = {
        "us/op": "µs of CPU time per operation",
        "us/MiB": "µs of CPU time per MiB",
        "ns/emit": "ns of CPU time per emit",
        "bytes/conn": "bytes of memory per connection",
    }
    return words.get(unit, unit)


# ---------------------------------------------------------------- rate by connections


def _rates(measured: Sequence[Measured]) -> Figure | None:
    """Draw how many echoes a second there are by number of connections, a panel per size."""
    by_size: dict[str, dict[int, Measured]] = {}
    for found in measured:
        if (match := _ECHO.fullmatch(found.name)) and found.complete:
            by_size.setdefault(match[2], {})[int(match[1])] = found
    shown = {size: cells for size, cells in by_size.items() if len(cells) > 1}
    if not shown:
        return None
    figure = _new_figure(_WIDTH_IN, 1 + 3.1 * len(shown))
    all_axes = figure.subplots(len(shown), squeeze=False)[:, 0]
    for axes, (size, cells) in zip(all_axes, shown.items(), strict=True):
        for peer in _in_order(peer for found in cells.values() for peer in found.complete):
            _draw_rates(axes, peer, cells)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(sorted(cells)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_ylim(bottom=0)
        axes.set_ylabel("echoes per second")
        axes.set_title(f"messages of {_SIZES.get(size, size)}", fontsize=12)
    all_axes[-1].set_xlabel("connections  (hollow marks: the client was the slower side)")
    figure.suptitle("Echoes per second on one core, by number of connections")
    _legend_below(figure, all_axes, 5)
    return figure


def _draw_rates(axes: Axes, peer: str, cells: Mapping[int, Measured]) -> None:
    """Draw the line of one peer, with hollow marks where it did not use its core."""
    found = [
        (connections, outcome.per_second, outcome.busy)
        for connections, cell in sorted(cells.items())
        if (outcome := cell.complete.get(peer)) is not None
    ]
    points = [(x, rate, busy) for x, rate, busy in found if rate is not None and busy is not None]
    colour, dashes, marker = _style(peer)
    axes.plot(
        [connections for connections, _, _ in points],
        [rate for _, rate, _ in points],
        color=colour,
        linestyle=dashes,
        marker=marker,
        markersize=7,
        label=_name(peer),
    )
    for connections, rate, busy in points:
        if busy < _BUSY:
            axes.plot([connections], [rate], marker, color=colour, markersize=7, mfc="white")


# ---------------------------------------------------------------- latency beside blocked listeners


def _blocked(measured: Sequence[Measured]) -> Figure | None:
    """Draw what connections see whose neighbours' listeners block: from p50 to p99 at each peer."""
    rows = {
        peer: (outcome.p50_us, outcome.p99_us)
        for found in measured
        if found.name == "blocked-listeners"
        for peer, outcome in found.complete.items()
        if outcome.p50_us is not None and outcome.p99_us is not None
    }
    if not rows:
        return None
    peers = _in_order(rows)
    figure = _new_figure(_WIDTH_IN, 1.9 + 0.5 * len(peers))
    axes = figure.add_subplot()
    for y, peer in enumerate(peers):
        p50, p99 = rows[peer]
        colour = _style(peer)[0]
        axes.plot([p50, p99], [y, y], color=colour, linewidth=4, alpha=0.4)
        axes.plot([p50], [y], "o", color=colour, markersize=9)
        axes.plot([p99], [y], "D", color=colour, markersize=9)
        for value, side in ((p50, "right"), (p99, "left")):
            axes.annotate(
                f"{value:,.0f}",
                (value, y),
                xytext=(-9 if side == "right" else 9, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                fontsize=10,
            )
    axes.set_xscale("log")
    values = [value for row in rows.values() for value in row]
    axes.set_xlim(min(values) / 1.6, max(values) * 1.6)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(peers)), [_name(peer) for peer in peers])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(peers) - 0.5, -0.5)
    axes.set_xlabel("round trip in µs")
    axes.set_title(
        "Round trips of the others, while\nlisteners of one connection in a hundred block"
    )
    marks = [
        Line2D([], [], color=GREY, marker=marker, linestyle="", markersize=9, label=label)
        for marker, label in (("o", "half of them take at most so long"), ("D", "99 in 100 do"))
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2)
    return figure


#: All charts by the stem of their file.
CHARTS: dict[str, Callable[[Sequence[Measured]], Figure | None]] = {
    "ratios": _ratios,
    "costs": _costs,
    "echo-rate": _rates,
    "blocked-listeners": _blocked,
}


def draw_all(measured: Sequence[Measured]) -> dict[str, Figure]:
    """Draw what can be drawn from these results, by the stem of the file."""
    with drawing_style():
        figures = {name: draw(measured) for name, draw in CHARTS.items()}
    return {name: figure for name, figure in figures.items() if figure is not None}


def write_charts(folder: Path, measured: Sequence[Measured]) -> list[Path]:
    """Write the charts as SVG files, and return which; an older one that has no data goes."""
    drawn = draw_all(measured)
    for name in CHARTS:
        if name not in drawn:
            (folder / f"{name}.svg").unlink(missing_ok=True)
    written = []
    # Neither the hour nor the place in the file's text: the same results make the same file.
    with drawing_style(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gnet"}):
        for name, figure in drawn.items():
            path = folder / f"{name}.svg"
            figure.savefig(path, format="svg", metadata={"Date": None})
            written.append(path)
    return written


def main() -> int:
    """Draw the charts of a file again, beside it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.charts", description="Draw charts again."
    )
    parser.add_argument("results", type=Path, help="a results.json of python -m benchmarks")
    source: Path = parser.parse_args().results
    for path in write_charts(source.parent, read_json(source).measured):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
