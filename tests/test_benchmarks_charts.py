"""The charts of the benchmarks: what is drawn is what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from benchmark_results import measured, outcome
from loadtest_results import open_fonts
from matplotlib.axes import Axes

from benchmarks.charts import draw_all, write_charts
from benchmarks.measured import Measured

HEADLINES = [
    measured("echo-100x64", {"gnet": [6], "node": [8], "uvloop": [5], "StreamServer": [12]}),
    measured("idle", {"gnet": [1700], "node": [4800]}, unit="bytes/conn"),
]


@pytest.fixture(scope="module", autouse=True)
def _fonts() -> None:
    """Matplotlib keeps them open; no test is charged for it."""
    open_fonts()


def texts(path: Path) -> set[str]:
    """Every text in an SVG file, which must be well-formed."""
    found = ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")
    return {"".join(text.itertext()) for text in found}


def lines(axes: Axes) -> dict[str, Any]:
    """The points of each line, by its name; marks without one are left out."""
    points = {str(line.get_label()): line.get_xydata() for line in axes.get_lines()}
    named = {name: found for name, found in points.items() if not name.startswith("_")}
    return {name: np.asarray(found).tolist() for name, found in named.items()}


def test_charts_are_well_formed_and_name_the_peers(tmp_path: Path) -> None:
    """As text, in the files of those charts that there is something for."""
    written = write_charts(tmp_path, HEADLINES)
    assert [path.name for path in written] == ["ratios.svg", "costs.svg"]
    for path in written:
        assert {"Node", "uvloop", "StreamServer", "echo-100x64"} <= texts(path)
    assert {"0.75", "1.20", "0.50", "0.35"} <= texts(tmp_path / "ratios.svg")
    assert {"6.00", "8.00", "µs of CPU time per operation"} <= texts(tmp_path / "costs.svg")


def test_the_same_results_make_the_same_files(tmp_path: Path) -> None:
    """Byte for byte."""
    first = [path.read_bytes() for path in write_charts(tmp_path, HEADLINES)]
    assert [path.read_bytes() for path in write_charts(tmp_path, HEADLINES)] == first


def test_a_chart_of_an_older_run_goes(tmp_path: Path) -> None:
    """What stands in the directory belongs together."""
    write_charts(tmp_path, HEADLINES)
    write_charts(tmp_path, [measured("bulk-in", {"gnet": [6]}, is_headline=False)])
    assert [path.name for path in tmp_path.iterdir()] == ["costs.svg"]


def test_ratio_bars_go_from_one_to_the_ratio() -> None:
    """One for each peer and headline that gnet can be compared at."""
    [axes] = draw_all(
        [*HEADLINES, measured("other", {"gnet": [1], "node": [9]}, is_headline=False)]
    )["ratios"].axes
    ends = {
        (str(bars.get_label()), round(bar.get_x() + bar.get_width(), 3))
        for bars in axes.containers
        for bar in bars
    }
    assert ends == {("Node", 0.75), ("uvloop", 1.2), ("StreamServer", 0.5), ("Node", 0.354)}
    assert {bar.get_x() for bars in axes.containers for bar in bars} == {1}


def echo(connections: int, size: str, *, busy: float = 1.0, **rates: float) -> Measured:
    """An echo workload at which the peers had those rates, and used that share of their core."""
    outcomes = {
        peer: outcome(1e6 / rate * busy, wall_us=1e9 / rate) for peer, rate in rates.items()
    }
    return measured(f"echo-{connections}x{size}", outcomes)


def test_rates_are_drawn_in_order_of_connections() -> None:
    """A line per peer; a size with a single point makes no panel."""
    figure = draw_all(
        [
            echo(1000, "64", gnet=70_000, node=60_000),
            echo(1, "64", gnet=20_000, node=30_000),
            echo(20, "64k", gnet=9_000),
        ]
    )["echo-rate"]
    [axes] = figure.axes
    assert lines(axes) == {
        "gnet": [[1, pytest.approx(20_000)], [1000, pytest.approx(70_000)]],
        "Node": [[1, pytest.approx(30_000)], [1000, pytest.approx(60_000)]],
    }


def test_rates_that_the_client_limited_have_hollow_marks() -> None:
    """Those are not the server's."""
    found = [echo(1, "64", busy=0.5, gnet=20_000), echo(100, "64", busy=0.95, gnet=70_000)]
    [axes] = draw_all(found)["echo-rate"].axes
    hollow = [line for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert [np.asarray(line.get_xydata()).tolist() for line in hollow] == [
        [[1, pytest.approx(20_000)]]
    ]


def test_blocked_listeners_are_drawn_from_p50_to_p99(tmp_path: Path) -> None:
    """A row per peer that has timed round trips."""
    found = measured(
        "blocked-listeners",
        {
            "gnet": outcome(1, round_trips_us=(1500, 4400)),
            "node": outcome(1, round_trips_us=(1800, 52000)),
            "uvloop": outcome(1),
        },
    )
    write_charts(tmp_path, [found])
    shown = texts(tmp_path / "blocked-listeners.svg")
    assert {"gnet", "Node", "1,500", "4,400", "1,800", "52,000"} <= shown
    assert "uvloop" not in shown


def test_what_has_no_figures_is_not_drawn() -> None:
    """A run in which nobody could be measured has no charts."""
    broken = outcome(1)
    broken.problem = "missing"
    assert draw_all([measured("echo-100x64", {"gnet": broken})]) == {}
