"""Tabs of our own in Locust's web UI.

Locust shows tables that it is told of when the page is loaded, with rows that come with the
statistics it asks for every two seconds. See "Extending the modern UI" in its documentation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask import Response, request
from locust.web import WebUI

from gnet.loadtest.latencies import LatencySummary

__all__ = ["Row", "Table", "extend", "latency_rows", "server_rows"]

Row: TypeAlias = dict[str, Any]

#: Seconds over which a rate is taken.
_RATE_S = 2.0


@dataclass(frozen=True)
class Table:
    """A tab with a table: its title, the names of its columns, and rows with these keys."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]

    @property
    def key(self) -> str:
        """Its name in the page's address."""
        return self.title.partition(" ")[0].lower()


def extend(web_ui: WebUI, tables: Callable[[], Sequence[Table]]) -> None:
    """Show tables in the web UI, which are asked for again with each look."""
    known = tables()
    web_ui.template_args["extended_tabs"] = [
        {"title": table.title, "key": table.key} for table in known
    ]
    web_ui.template_args["extended_tables"] = [
        {
            "key": table.key,
            "structure": [{"key": name, "title": name.capitalize()} for name in table.columns],
        }
        for table in known
    ]

    def add_tables(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.is_json:
            found = response.get_json()
            found["extended_stats"] = [
                {"key": table.key, "data": list(table.rows)} for table in tables()
            ]
            response.set_data(json.dumps(found))
        return response

    assert web_ui.app is not None
    web_ui.app.after_request(add_tables)


def server_rows(samples: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return what the last samples say about the server."""
    last = samples[-1]
    first = next(each for each in samples if each["t"] >= last["t"] - _RATE_S)
    seconds = last["t"] - first["t"]
    rate = (last["accepted"] - first["accepted"]) / seconds if seconds else 0.0
    queue = last["accept_queue"] or {"length": "unknown", "maximum": "unknown"}
    values = {
        "Connections accepted per second": round(rate),
        "Connections open": last["connections"],
        "Most connections at once": last["peak_connections"],
        "Connections accepted": last["accepted"],
        "Connections refused": last["dropped"],
        "Accept queue, length": queue["length"],
        "Accept queue, maximum": queue["maximum"],
        "Packets dropped, as the accept queue was full": last["socket_drops"],
        "CPU seconds": round(last["cpu_seconds"], 2),
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def latency_rows(summaries: Mapping[tuple[str, str], LatencySummary]) -> list[Row]:
    """Return the latencies in milliseconds, to the microsecond."""
    return [
        {
            "name": " ".join(key),
            "count": each.count,
            "min": f"{each.min_us / 1000:.3f}",
            "p50": f"{each.p50_us / 1000:.3f}",
            "p90": f"{each.p90_us / 1000:.3f}",
            "p99": f"{each.p99_us / 1000:.3f}",
            "max": f"{each.max_us / 1000:.3f}",
        }
        for key, each in sorted(summaries.items())
    ]
