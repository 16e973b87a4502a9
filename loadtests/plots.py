"""The pictures of the report: from results of runs to figures, and from figures to PNG files.

Each function takes whatever results there are and picks those it draws; ``None`` says that there
were none. No state is kept: figures are made without pyplot, and the settings of matplotlib are
changed for the time of the drawing only.

The pictures are six inches wide with twelve points of text, so that they can still be read when a
phone shows them in the width of its screen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from loadtests.drawing import BLUE, GREEN, GREY, ORANGE, PURPLE, drawing_style
from loadtests.rates import accept_rates, cpu_cost
from loadtests.runs import Latency, Results, Sample

__all__ = ["PLOTS", "Picture", "Plot", "draw_all", "save"]

CONNECT = "TCP connect"
FIRST_BYTE = "TCP first byte"

#: Pixels per inch in the files: 900 of them across at twice the density.
DPI = 300
_WIDTH_IN = 6.0

_STYLES: tuple[tuple[str, str, str], ...] = (
    (BLUE, "-", "o"),
    (ORANGE, "--", "s"),
    (GREEN, "-.", "^"),
    (PURPLE, ":", "D"),
)

_SERVER_NAMES = {"gnet": "gnet", "streamserver": "StreamServer", "node": "Node"}

#: A connect that took longer has waited for its SYN to be sent again, which happens after a
#: second at the earliest; nothing else on loopback takes nearly as long.
_RETRIED_MS = 900.0


@dataclass(frozen=True)
class Picture:
    """A figure, and in words what can be seen in it."""

    figure: Figure
    alt: str


@dataclass(frozen=True)
class Plot:
    """A picture of the report.

    Attributes:
        name: The stem of its file.
        heading: The heading above it.
        caption: How to read it.
        draw: Makes it from results; ``None`` if they hold nothing to be drawn.
    """

    name: str
    heading: str
    caption: str
    draw: Callable[[Sequence[Results]], Picture | None]

    def file(self, folder: Path) -> Path:
        """Return the file it is written to."""
        return folder / f"{self.name}.png"


def save(picture: Picture, path: Path) -> None:
    """Write a picture as a PNG file."""
    picture.figure.savefig(path, format="png", dpi=DPI)


def _new_figure(height_in: float) -> Figure:
    return Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")


def _server_name(run: Results) -> str:
    return _SERVER_NAMES.get(run.server, run.server)


def _server_style(run: Results) -> tuple[str, str, str]:
    """Return colour, dashes and marker of a server, the same in every picture."""
    names = list(_SERVER_NAMES)
    return _STYLES[names.index(run.server) if run.server in names else -1]


def _of_test(runs: Sequence[Results], test: str) -> list[Results]:
    return [run for run in runs if run.test == test]


def _with_legend_below(figure: Figure, axes: Axes, columns: int) -> None:
    """Put the legend under the picture, where it covers no data."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)


# ---------------------------------------------------------------- percentiles

#: Percentiles that the axis names, as far as there are enough requests for them.
_PERCENTS = (50, 90, 99, 99.9, 99.99)


def _rarity(share: float) -> float:
    """Return one in how many is above a share: 10 for 90 %, 100 for 99 %."""
    return 1 / (1 - share)


def _curve(latency: Latency) -> tuple[list[float], list[float]]:
    """Return the line of a distribution: how rare, and how long in milliseconds.

    Each value that was recorded is a flat piece as wide as its share. The greatest would reach to
    one in infinity; it ends half a request before.
    """
    last = 1 - 1 / (2 * latency.count)
    rarities: list[float] = []
    milliseconds: list[float] = []
    for step in latency.steps():
        rarities += [_rarity(step.share_below), _rarity(min(step.share_up_to, last))]
        milliseconds += [step.milliseconds, step.milliseconds]
    return rarities, milliseconds


def _milliseconds(value: float, _position: object = None) -> str:
    """Return a latency for people: in the unit that makes it short."""
    if value < 1:
        return f"{value * 1000:g} µs"
    return f"{value:g} ms" if value < 1000 else f"{value / 1000:g} s"


def _set_percentile_axes(axes: Axes, latencies: Sequence[Latency]) -> None:
    """Scale both axes: percentiles that spread out towards 100 %, and latencies by powers of ten.

    What matters lies among the slowest few, whom an even axis would press against its end.
    """
    most = 2 * max(latency.count for latency in latencies)
    percents = [percent for percent in _PERCENTS if _rarity(percent / 100) < most]
    axes.set_xscale("log")
    axes.set_xlim(1, most)
    axes.xaxis.set_major_locator(FixedLocator([_rarity(percent / 100) for percent in percents]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 - 100 / value:.5g} %"))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(_milliseconds))
    axes.yaxis.set_minor_locator(NullLocator())


def _connect_latency_by_backlog(runs: Sequence[Results]) -> Picture | None:
    """Draw how long connecting took to a server that paused, a line per backlog."""
    chosen = [run for run in _of_test(runs, "backlog") if CONNECT in run.latencies]
    if not chosen:
        return None
    chosen.sort(key=lambda run: run.backlog)
    with drawing_style():
        figure = _new_figure(4.6)
        axes = figure.add_subplot()
        for run, (colour, dashes, _) in zip(chosen, _repeated(_STYLES, len(chosen)), strict=True):
            label = f"backlog {run.backlog}"
            axes.plot(*_curve(run.latencies[CONNECT]), color=colour, linestyle=dashes, label=label)
        latencies = [run.latencies[CONNECT] for run in chosen]
        _set_percentile_axes(axes, latencies)
        slowest_ms = max(latency.max_ms for latency in latencies)
        retries = [second for second in chosen[0].retry_times if second * 900 < slowest_ms]
        told_retries = ", ".join(f"{second:g}" for second in retries)
        for number, second in enumerate(retries):
            label = f"SYN sent again: {told_retries} s" if number == 0 else "_"
            axes.axhline(second * 1000, color=GREY, linewidth=1, linestyle=(0, (2, 2)), label=label)
        axes.set_xlabel("share of connects that took at most so long")
        axes.set_ylabel("time to connect")
        shares = [_share_retried(latency) for latency in latencies]
        axes.set_title(_retried_title(chosen, shares))
        _with_legend_below(figure, axes, 2)
    told = ", ".join(
        f"{_percent(share)} at backlog {run.backlog}"
        for run, share in zip(chosen, shares, strict=True)
    )
    return Picture(
        figure,
        "Distribution of the time to connect, a line per backlog. Share of the connects that "
        f"waited for a SYN to be sent again: {told}. Slowest connect: {slowest_ms / 1000:.2f} s.",
    )


def _repeated(styles: Sequence[tuple[str, str, str]], count: int) -> list[tuple[str, str, str]]:
    return [styles[number % len(styles)] for number in range(count)]


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _share_retried(latency: Latency) -> float:
    """Return the share of connects whose SYN was sent more than once."""
    below = [step.share_up_to for step in latency.steps() if step.milliseconds < _RETRIED_MS]
    return 1 - below[-1] if below else 1.0


def _retried_title(runs: Sequence[Results], shares: Sequence[float]) -> str:
    """Say what the distribution shows."""
    if not any(shares):
        return "No connect had to wait for a retry"
    first, last = runs[0], runs[-1]
    if first is last:
        return f"Backlog {first.backlog}: {_percent(shares[0])} of the connects\nwaited for a retry"
    return (
        f"Connects that waited for a retry:\n"
        f"{_percent(shares[0])} at backlog {first.backlog}, "
        f"{_percent(shares[-1])} at {last.backlog}"
    )


def _latency_by_server(runs: Sequence[Results]) -> Picture | None:
    """Draw connect and first-byte latencies, a line per server."""
    chosen = _of_test(runs, "accept")
    panels = [name for name in _LATENCY_TITLES if any(name in run.latencies for run in chosen)]
    if not panels:
        return None
    told = []
    with drawing_style():
        figure = _new_figure(0.9 + 3.3 * len(panels))
        all_axes = figure.subplots(len(panels), squeeze=False)[:, 0]
        for axes, name in zip(all_axes, panels, strict=True):
            timed = [run for run in chosen if name in run.latencies]
            for run in timed:
                colour, dashes, _ = _server_style(run)
                line = _curve(run.latencies[name])
                axes.plot(*line, color=colour, linestyle=dashes, label=_server_name(run))
                p50, p99 = run.latencies[name].percentiles_ms(50, 99)
                told.append(f"{name} of {_server_name(run)} {p50:.3f} ms and {p99:.3f} ms")
            _set_percentile_axes(axes, [run.latencies[name] for run in timed])
            axes.set_title(_LATENCY_TITLES[name])
            axes.set_ylabel("latency")
        all_axes[-1].set_xlabel("share of requests that took at most so long")
        _with_legend_below(figure, all_axes[0], 3)
    return Picture(
        figure, f"Distributions of latencies. Median and 99th percentile: {'; '.join(told)}."
    )


_LATENCY_TITLES = {
    CONNECT: "Connecting: the kernel answers for the server",
    FIRST_BYTE: "First byte: the server has accepted",
}

# ---------------------------------------------------------------- over time


def _queue_over_time(runs: Sequence[Results]) -> Picture | None:
    """Draw the length of the accept queue, a panel per backlog, with the pause shaded."""
    chosen = [
        run
        for run in _of_test(runs, "backlog")
        if any(sample.queue_length is not None for sample in run.samples)
    ]
    if not chosen:
        return None
    chosen.sort(key=lambda run: run.backlog)
    told = []
    with drawing_style():
        figure = _new_figure(1.6 + 1.7 * len(chosen))
        all_axes = figure.subplots(len(chosen), sharex=True, squeeze=False)[:, 0]
        for axes, run in zip(all_axes, chosen, strict=True):
            longest, maximum = _draw_queue(axes, run)
            told.append(f"{longest} of a maximum of {maximum} at backlog {run.backlog}")
        all_axes[-1].set_xlabel("seconds since the start of the run")
        figure.suptitle(
            "The queue fills while the server pauses,\nand empties when it accepts again"
        )
        _with_legend_below(figure, all_axes[0], 3)
    return Picture(
        figure, f"Length of the kernel's accept queue over time. Longest: {'; '.join(told)}."
    )


def _draw_queue(axes: Axes, run: Results) -> tuple[int, int]:
    """Draw one run, and return the greatest length and the kernel's maximum."""
    known = [s for s in run.samples if s.queue_length is not None and s.queue_maximum is not None]
    lengths = [sample.queue_length or 0 for sample in known]
    maximum = max(sample.queue_maximum or 0 for sample in known)
    axes.plot(
        [sample.t for sample in known],
        lengths,
        color=BLUE,
        drawstyle="steps-post",
        label="in the queue",
    )
    axes.axhline(maximum, color=ORANGE, linestyle="--", label="kernel's maximum")
    for number, (begin, end) in enumerate(_pauses(run.samples)):
        label = "paused" if number == 0 else "_"
        axes.axvspan(begin, end, color=GREY, alpha=0.18, linewidth=0, label=label)
    axes.set_ylim(0, 1.2 * max(maximum, *lengths))
    axes.set_ylabel("connections")
    axes.set_title(f"backlog {run.backlog}: {max(lengths)} at most", fontsize=12)
    return max(lengths), maximum


def _pauses(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Return from when to when the server was seen not to accept."""
    found: list[tuple[float, float]] = []
    begin: float | None = None
    for sample in samples:
        if sample.paused and begin is None:
            begin = sample.t
        elif not sample.paused and begin is not None:
            found.append((begin, sample.t))
            begin = None
    if begin is not None:
        found.append((begin, samples[-1].t))
    return found


def _limit_over_time(runs: Sequence[Results]) -> Picture | None:
    """Draw connections held, and refused so far, at a server with a limit."""
    chosen = [
        run
        for run in _of_test(runs, "max_connections")
        if run.samples and run.max_connections is not None
    ]
    if not chosen:
        return None
    run = chosen[0]
    limit = run.max_connections
    assert limit is not None
    times = [sample.t for sample in run.samples]
    held = [sample.connections for sample in run.samples]
    dropped = [sample.dropped for sample in run.samples]
    with drawing_style():
        figure = _new_figure(5.8)
        above, below = figure.subplots(2, sharex=True)
        above.plot(times, held, color=BLUE, label="held")
        above.axhline(limit, color=ORANGE, linestyle="--", label="limit")
        users = [sample.users for sample in run.samples]
        above.set_ylim(0, 1.25 * max(limit, *held))
        above.set_ylabel("connections held")
        below.plot(times, dropped, color=PURPLE, linestyle="-.", label="refused so far")
        below.set_ylim(bottom=0)
        below.set_ylabel("connections refused")
        below.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        below.set_xlabel("seconds since the start of the run")
        verdict = "holds" if max(held) <= limit else "is broken"
        figure.suptitle(
            f"The limit of {limit:,} {verdict}: {max(users):,} users,\n"
            f"at most {max(held):,} held, {dropped[-1]:,} refused"
        )
        handles, labels = above.get_legend_handles_labels()
        more_handles, more_labels = below.get_legend_handles_labels()
        figure.legend(
            handles + more_handles, labels + more_labels, loc="outside lower center", ncols=3
        )
    return Picture(
        figure,
        f"Connections held over time, at most {max(held)} with a limit of {limit}, and connections "
        f"refused so far, {dropped[-1]} in the end, with up to {max(users)} users.",
    )


# ---------------------------------------------------------------- accepting


def _accept_rate(runs: Sequence[Results]) -> Picture | None:
    """Draw the rate against the number of users, and the CPU time per connection."""
    measured = [(run, accept_rates(run), cpu_cost(run)) for run in _of_test(runs, "accept")]
    found = [(run, rates, cost) for run, rates, cost in measured if rates and cost is not None]
    if not found:
        return None
    told = []
    with drawing_style():
        figure = _new_figure(6.4)
        above, below = figure.subplots(2, height_ratios=(3, 2))
        for run, rates, cost in found:
            name = _server_name(run)
            colour, dashes, marker = _server_style(run)
            users = [step.users for step in rates]
            per_second = [step.per_second for step in rates]
            above.plot(
                users,
                per_second,
                color=colour,
                linestyle=dashes,
                marker=marker,
                markersize=7,
                label=name,
            )
            bars = below.barh(name, cost.us_per_connection, color=colour, height=0.6)
            label = f"{cost.us_per_connection:.0f} µs ({_percent(cost.busy)} busy)"
            below.bar_label(bars, [label], padding=4)
            told.append(
                f"{name} {max(per_second):.0f} per second at best, "
                f"{cost.us_per_connection:.0f} microseconds each"
            )
        above.set_ylim(bottom=0)
        above.set_xticks(sorted({step.users for _, rates, _ in found for step in rates}))
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        above.set_xlabel("users that connect as fast as they can")
        above.set_ylabel("accepted per second")
        best, rate = max(
            ((run, max(step.per_second for step in rates)) for run, rates, _ in found),
            key=lambda pair: pair[1],
        )
        above.set_title(f"Up to {rate:,.0f} connections per second ({_server_name(best)})")
        below.invert_yaxis()
        below.set_xlim(0, 1.75 * max(cost.us_per_connection for _, _, cost in found))
        below.grid(visible=False, axis="y")
        below.set_xlabel("µs of server CPU time per connection")
        below.set_title("What one connection costs the server")
        _with_legend_below(figure, above, 3)
    return Picture(figure, f"Connections accepted: {'; '.join(told)}.")


#: All pictures, in the order of the page.
PLOTS: tuple[Plot, ...] = (
    Plot(
        "connect-latency",
        "What a client sees of the backlog",
        "The server pauses, and more clients connect than its queue has places. Those in the queue "
        "are connected at once; the SYN of each other one is dropped, and its client's kernel "
        "sends it again after a second or more. Each flat piece is a group of connects that took "
        "equally long.",
        _connect_latency_by_backlog,
    ),
    Plot(
        "accept-queue",
        "The accept queue over time",
        "The kernel refuses a place only when the queue is longer than its maximum, which is the "
        "smaller of the backlog and net.core.somaxconn. So one connection more than the maximum "
        "gets in.",
        _queue_over_time,
    ),
    Plot(
        "max-connections",
        "The limit of connections",
        "What comes past the limit is accepted and closed at once, and each time counted. A user "
        "that is refused tries again.",
        _limit_over_time,
    ),
    Plot(
        "accept-rate",
        "How fast connections are accepted",
        "Locust and the server share the machine, and on a small one Locust is often the slower of "
        "the two: where a server was well below 100 % busy, its rate is Locust's, not its own. The "
        "CPU time per connection is the fairer comparison.",
        _accept_rate,
    ),
    Plot(
        "latency",
        "Latencies of the servers",
        "Connecting takes as long as the kernel needs, since it completes the handshake before the "
        "server accepts. The first byte comes from the server. Both are seen by a Locust that is "
        "busy itself, so they hold its delays too.",
        _latency_by_server,
    ),
)


def draw_all(runs: Sequence[Results]) -> Mapping[str, Picture]:
    """Draw what can be drawn, by the name of the plot."""
    pictures = ((plot.name, plot.draw(runs)) for plot in PLOTS)
    return {name: picture for name, picture in pictures if picture is not None}
