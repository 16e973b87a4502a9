"""Made-up results of load tests, in the shape that the locustfiles write.

They are what a run on a small machine looks like, always the same, and every figure in them can be
told from the arguments; a test changes the document where it wants to.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram
from matplotlib.figure import Figure

from loadtests.runs import Results, read

#: Samples per second.
RATE = 20
#: What each server of the accept runs does at most, in connections per second, and what one
#: costs it in microseconds of CPU time.
MOST_PER_SECOND = {"gnet": 2600.0, "streamserver": 2300.0, "node": 2450.0}
CPU_US = {"gnet": 140, "streamserver": 165, "node": 95}
VERSIONS = {"gnet": "0.1.0", "streamserver": "26.9.0", "node": "24.1.0"}
#: When a dropped SYN is sent again, in seconds after the first.
RETRY_SECONDS = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0)


def latency(values_us: Iterable[int]) -> dict[str, Any]:
    """The entry of one request under ``latencies``."""
    values = sorted(values_us)
    histogram = HdrHistogram(1, 3_600_000_000, 3)
    for value in values:
        histogram.record_value(value)
    return {
        "count": len(values),
        "min_us": values[0],
        "max_us": values[-1],
        "p50_us": histogram.get_value_at_percentile(50),
        "p90_us": histogram.get_value_at_percentile(90),
        "p99_us": histogram.get_value_at_percentile(99),
        "hdr": histogram.encode().decode(),
    }


def sample(t: float, users: int, **fields: Any) -> dict[str, Any]:
    """One sample; what is not given is nought."""
    return {
        "t": t,
        "users": users,
        "connections": 0,
        "peak_connections": 0,
        "accepted": 0,
        "dropped": 0,
        "paused": False,
        "accept_queue": {"length": 0, "maximum": 511},
        "socket_drops": 0,
        "listen_overflows": 0,
        "listen_drops": 0,
        "cpu_seconds": 0.0,
        **fields,
    }


def expectation(name: str, expected: object, seen: object) -> dict[str, Any]:
    """One expectation, which holds if both are the same."""
    return {
        "name": name,
        "expected": str(expected),
        "seen": str(seen),
        "holds": str(expected) == str(seen),
    }


def document(
    test: str,
    samples: list[dict[str, Any]],
    latencies: dict[str, dict[str, Any]],
    expectations: list[dict[str, Any]],
    options: dict[str, Any],
    **statistics: Any,
) -> dict[str, Any]:
    """The file of one run."""
    server = statistics.get("server", "gnet")
    return {
        "test": test,
        "started": "2026-03-01T12:00:00+00:00",
        "seconds": samples[-1]["t"],
        "options": options,
        "retry_times": RETRY_SECONDS,
        "statistics": {
            **samples[-1],
            "server": server,
            "version": VERSIONS[server],
            "pid": 4711,
            "address": {"host": "127.0.0.1", "port": 40000},
            "backlog": 511,
            "max_connections": None,
            "somaxconn": 4096,
            "time": 1000.0,
            **statistics,
        },
        "samples": samples,
        "latencies": latencies,
        "requests": {
            name: {"count": entry["count"], "failures": 0} for name, entry in latencies.items()
        },
        "errors": [],
        "expectations": expectations,
        "passed": all(one["holds"] for one in expectations),
    }


def accept(server: str = "gnet", levels: tuple[int, ...] = (10, 30, 50, 70)) -> dict[str, Any]:
    """More users every three seconds; past 30 the server, or the client, is at its limit."""
    chance = random.Random(server)
    accepted, samples = 0, [sample(0.0, levels[0])]
    for number in range(1, len(levels) * 3 * RATE + 1):
        t = number / RATE
        users = levels[min(int((t - 1e-9) // 3), len(levels) - 1)]
        most = MOST_PER_SECOND[server]
        accepted += int(min(users * 60.0, most - users * 2) / RATE)
        samples.append(
            sample(t, users, accepted=accepted, cpu_seconds=accepted * CPU_US[server] / 1e6)
        )
    connect = [int(chance.lognormvariate(5.1, 0.5)) for _ in range(5000)]
    first = [int(chance.lognormvariate(7.6, 0.9)) for _ in range(5000)]
    return document(
        "accept",
        samples,
        {"TCP connect": latency(connect), "TCP first byte": latency(first)},
        [
            expectation("server and clients count the same connections", accepted, accepted),
            expectation("no request failed", 0, 0),
        ],
        {"server": server, "first_users": 10, "users_per_step": 20, "steps": len(levels)},
        server=server,
    )


def backlog(size: int = 16, pause_s: float = 2.5, extra_users: int = 20) -> dict[str, Any]:
    """A pause fills the queue, one more than its maximum; the rest try again."""
    chance = random.Random(size)
    places = size + 1
    users, start, end, samples = places + extra_users, 0.5, 0.5 + pause_s, []
    for number in range(8 * RATE + 1):
        t = number / RATE
        paused = start <= t < end
        length = min(places, int((t - start) * users * 3)) if paused else 0
        taken = 0 if t < end else places if t < start + 3 else users
        samples.append(
            sample(
                t,
                0 if t < start else users,
                paused=paused,
                connections=taken,
                accepted=taken,
                accept_queue={"length": length, "maximum": size},
                listen_overflows=0 if t < start + 0.4 else extra_users,
            )
        )
    connects = [int(chance.lognormvariate(5, 0.4)) for _ in range(places)]
    connects += [3_000_000 + int(chance.lognormvariate(8, 0.7)) for _ in range(extra_users)]
    first = [int(chance.uniform(pause_s - 0.3, pause_s) * 1e6) for _ in range(places)]
    first += [int(chance.lognormvariate(6, 0.5)) for _ in range(extra_users)]
    return document(
        "backlog",
        samples,
        {"TCP connect": latency(connects), "TCP first byte": latency(first)},
        [
            expectation("most connections in the queue", places, places),
            expectation("every user was served in the end", users, users),
        ],
        {"server": "gnet", "backlog": size, "pause": pause_s},
        backlog=size,
    )


def max_connections(limit: int = 200, users: int = 1000) -> dict[str, Any]:
    """All users come within a second and try again and again; the limit holds."""
    samples = []
    for number in range(15 * RATE + 1):
        t = number / RATE
        here = min(users, int(t * users))
        held = min(limit, here)
        dropped = int(max(0, here - limit) * 0.5 * t)
        samples.append(
            sample(t, here, connections=held, peak_connections=held, accepted=held, dropped=dropped)
        )
    chance = random.Random(limit)
    connects = [int(chance.lognormvariate(6, 0.8)) for _ in range(limit + samples[-1]["dropped"])]
    result = document(
        "max_connections",
        samples,
        {"TCP connect": latency(connects)},
        [
            expectation("most connections at once", limit, limit),
            expectation("drops counted by server and clients agree", dropped, dropped),
        ],
        {"server": "gnet", "limit": limit},
        max_connections=limit,
    )
    refused = {"name": "TCP first byte", "error": "the server ended", "occurrences": dropped}
    result["errors"] = [refused]
    return result


def open_fonts() -> None:
    """Draw both weights of text, whose files matplotlib keeps open from then on."""
    figure = Figure()
    figure.text(0, 0, "text µ")
    figure.text(0, 0, "text", weight="bold")
    figure.savefig(io.BytesIO())


def results(made: dict[str, Any], folder: Path) -> Results:
    """The document as the report reads it, by way of a file."""
    path = folder / "made.json"
    path.write_text(json.dumps(made))
    return read(path)


def whole() -> dict[str, dict[str, Any]]:
    """The document of every run of the full plan, by the name of the run."""
    return {
        **{f"accept-{server}": accept(server) for server in MOST_PER_SECOND},
        **{f"backlog-{size}": backlog(size) for size in (1, 16, 128, 511)},
        "max_connections": max_connections(),
    }
