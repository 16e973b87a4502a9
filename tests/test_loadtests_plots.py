"""The pictures of the load tests: what is drawn is what the results say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loadtest_results import (
    accept,
    backlog,
    latency,
    max_connections,
    open_fonts,
    results,
    whole,
)
from matplotlib.axes import Axes

from loadtests.plots import PLOTS, Picture, draw_all, save
from loadtests.rates import accept_rates


@pytest.fixture(scope="module", autouse=True)
def _fonts() -> None:
    """Matplotlib keeps them open; no test is charged for it."""
    open_fonts()


def drawn(name: str, folder: Path, *documents: dict[str, Any]) -> Picture:
    """The picture of that name."""
    return draw_all([results(made, folder) for made in documents])[name]


def data(found: Any) -> tuple[list[float], list[float]]:
    """Where the points of a line lie."""
    return [float(x) for x in found.get_xdata()], [float(y) for y in found.get_ydata()]


def line(axes: Axes, label: str) -> tuple[list[float], list[float]]:
    """The data of the line with that label."""
    [found] = [one for one in axes.get_lines() if one.get_label() == label]
    return data(found)


def levels(axes: Axes) -> set[float]:
    """The heights of the lines across the whole picture."""
    lines = [data(found) for found in axes.get_lines()]
    return {heights[0] for across, heights in lines if across == [0, 1]}


def test_connect_latencies_are_drawn_by_share(tmp_path: Path) -> None:
    """A flat piece for each value: from how rare it begins to how rare it ends."""
    made = backlog(16)
    made["latencies"]["TCP connect"] = latency([200, 200, 1_000_000, 1_000_000])
    [axes] = drawn("connect-latency", tmp_path, made).figure.axes
    rarities, milliseconds = line(axes, "backlog 16")
    assert rarities == [1, 2, 2, 8]
    assert milliseconds == pytest.approx([0.2, 0.2, 1000, 1000], rel=1e-3)


def test_backlogs_are_drawn_in_order_of_size(tmp_path: Path) -> None:
    """Whatever the order of the runs."""
    made = [backlog(size) for size in (128, 1, 16)]
    [axes] = drawn("connect-latency", tmp_path, *made).figure.axes
    labels = axes.get_legend_handles_labels()[1]
    assert labels[:3] == ["backlog 1", "backlog 16", "backlog 128"]


def test_the_title_tells_the_share_that_waited_for_a_retry(tmp_path: Path) -> None:
    """Twenty users too many for two places, or for 129."""
    [axes] = drawn("connect-latency", tmp_path, backlog(1), backlog(128)).figure.axes
    title = axes.get_title(loc="left")
    assert "91 % at backlog 1, 13 % at 128" in title


def test_retry_times_are_drawn_as_far_as_latencies_reach(tmp_path: Path) -> None:
    """The made-up connects wait three seconds, so the fourth retry is not among them."""
    [axes] = drawn("connect-latency", tmp_path, backlog(16)).figure.axes
    assert levels(axes) == {1000, 2000, 3000}


def test_retry_times_are_left_out_if_they_are_not_told(tmp_path: Path) -> None:
    """They depend on the kernel; none are guessed."""
    made = backlog(16) | {"retry_times": []}
    [axes] = drawn("connect-latency", tmp_path, made).figure.axes
    assert levels(axes) == set()


def test_the_queue_is_drawn_over_time_with_its_maximum(tmp_path: Path) -> None:
    """What was sampled, no more and no less."""
    made = backlog(16)
    [axes] = drawn("accept-queue", tmp_path, made).figure.axes
    times, lengths = line(axes, "in the queue")
    assert times == [one["t"] for one in made["samples"]]
    assert lengths == [one["accept_queue"]["length"] for one in made["samples"]]
    assert levels(axes) == {16}


def test_each_backlog_has_a_panel_of_its_own(tmp_path: Path) -> None:
    """One place could not be seen beside 511."""
    picture = drawn("accept-queue", tmp_path, backlog(511), backlog(1))
    titles = [axes.get_title(loc="left") for axes in picture.figure.axes]
    assert titles == ["backlog 1: 2 at most", "backlog 511: 512 at most"]


def test_the_pause_is_shaded(tmp_path: Path) -> None:
    """From the first sample that was paused to the first that was not."""
    [axes] = drawn("accept-queue", tmp_path, backlog(16, pause_s=2.5)).figure.axes
    [shade] = [patch for patch in axes.patches if patch.get_label() == "paused"]
    box: Any = shade.get_extents().transformed(axes.transData.inverted())
    assert (box.x0, box.x1) == pytest.approx((0.5, 3.0))


def test_connections_held_and_refused_are_drawn_over_time(tmp_path: Path) -> None:
    """With the limit as a line."""
    made = max_connections(200)
    above, below = drawn("max-connections", tmp_path, made).figure.axes
    assert line(above, "held")[1] == [one["connections"] for one in made["samples"]]
    assert line(below, "refused so far")[1] == [one["dropped"] for one in made["samples"]]
    assert levels(above) == {200}


@pytest.mark.parametrize(("held", "word"), [(200, "holds"), (201, "is broken")])
def test_the_title_tells_whether_the_limit_holds(tmp_path: Path, held: int, word: str) -> None:
    """One connection too many is seen."""
    made = max_connections(200)
    made["samples"][-1]["connections"] = held
    title = drawn("max-connections", tmp_path, made).figure.get_suptitle()
    assert title.startswith(f"The limit of 200 {word}")


def test_the_accept_rate_is_drawn_for_each_server(tmp_path: Path) -> None:
    """Against the number of users."""
    made = [accept("gnet"), accept("node")]
    above, _ = drawn("accept-rate", tmp_path, *made).figure.axes
    for document, name in zip(made, ("gnet", "Node"), strict=True):
        rates = accept_rates(results(document, tmp_path))
        users, per_second = line(above, name)
        assert users == [10, 30, 50, 70]
        assert per_second == [step.per_second for step in rates]


def test_the_bars_are_the_cpu_time_per_connection(tmp_path: Path) -> None:
    """In microseconds."""
    _, below = drawn("accept-rate", tmp_path, accept("gnet"), accept("node")).figure.axes
    widths = [patch.get_width() for patch in below.patches]  # type: ignore[attr-defined]
    assert widths == pytest.approx([140, 95])


def test_latencies_of_servers_have_a_panel_for_each_request(tmp_path: Path) -> None:
    """Connecting and the first byte differ by powers of ten."""
    picture = drawn("latency", tmp_path, accept("gnet"), accept("streamserver"))
    titles = [axes.get_title(loc="left").partition(":")[0] for axes in picture.figure.axes]
    assert titles == ["Connecting", "First byte"]
    for axes in picture.figure.axes:
        assert axes.get_legend_handles_labels()[1] == ["gnet", "StreamServer"]


def test_missing_runs_leave_their_pictures_out(tmp_path: Path) -> None:
    """The others are drawn."""
    pictures = draw_all([results(accept(), tmp_path)])
    assert set(pictures) == {"accept-rate", "latency"}


def test_nothing_is_drawn_of_nothing() -> None:
    """As after Ctrl-C in the first run."""
    assert draw_all([]) == {}


def test_every_axis_has_a_label_and_every_picture_a_legend(tmp_path: Path) -> None:
    """The lowest panel names what all share."""
    pictures = draw_all([results(made, tmp_path) for made in whole().values()])
    assert set(pictures) == {plot.name for plot in PLOTS}
    for picture in pictures.values():
        assert picture.figure.axes[-1].get_xlabel()
        assert picture.alt
        assert picture.figure.legends


def test_a_picture_is_a_png_wide_enough_for_twice_the_density(tmp_path: Path) -> None:
    """1,800 pixels: the header says so."""
    path = tmp_path / "picture.png"
    save(drawn("max-connections", tmp_path, max_connections()), path)
    header = path.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert int.from_bytes(header[16:20], "big") == 1800
