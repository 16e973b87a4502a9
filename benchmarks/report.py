"""The report: a table per workload for people, one JSON file for programs."""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.rounds import Outcome
from benchmarks.workloads import Workload

__all__ = ["table", "write_json"]

#: The peer whose ratio to each other one is reported.
SUBJECT = "gnet"

NOTHING = "-"


def table(workload: Workload, outcomes: Mapping[str, Outcome]) -> str:
    """Return the table of one workload; ratios below 1 say that gnet needs less."""
    header = [
        "server",
        f"least {workload.unit}",
        f"median {workload.unit}",
        "spread",
        "ops/s",
        "busy",
        f"{SUBJECT}/server least",
        f"{SUBJECT}/server median",
        f"{SUBJECT}/server paired",
    ]
    rows = [_row(workload, name, outcomes) for name in outcomes]
    widths = [len(title) for title in header]
    widths[0] = max(len(name) for name in [header[0], *outcomes])
    lines = [f"{workload.name}: {workload.title}", _line(header, widths)]
    lines.append("  ".join("-" * width for width in widths))
    for row in rows:
        lines.append(_line(row, widths))
    lines += [f"note: {note}" for note in sorted(_notes(outcomes))]
    return "\n".join(lines)


def _line(cells: list[str], widths: list[int]) -> str:
    """Join cells: the first flush left, figures flush right, a lone remark as it is."""
    first = cells[0].ljust(widths[0])
    if len(cells) == 2:
        return f"{first}  {cells[1]}"
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return "  ".join([first, *rest])


def _row(workload: Workload, name: str, outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the cells of one server: its figures, or the one remark why there are none."""
    outcome = outcomes[name]
    if not outcome.is_complete:
        return [name, outcome.problem]
    spread, per_second, busy = outcome.spread, outcome.per_second, outcome.busy
    figures = [
        name,
        f"{outcome.least:.{workload.decimals}f}",
        f"{outcome.median:.{workload.decimals}f}",
        NOTHING if spread is None else f"{spread:.0%}",
        NOTHING if per_second is None else f"{per_second:.0f}",
        NOTHING if busy is None else f"{busy:.0%}",
    ]
    ratios = _ratios(outcomes, name)
    if ratios is None:
        return [*figures, NOTHING, NOTHING, NOTHING]
    return [*figures, f"{ratios.least:.2f}", f"{ratios.median:.2f}", f"{ratios.paired:.2f}"]


@dataclass(frozen=True)
class _Ratios:
    """What gnet used, as a share of what another server used.

    Attributes:
        least: Of the least rounds.
        median: Of the median rounds.
        paired: The median over all turns of the ratio within one turn, where the two were
            measured within a fraction of a second of each other.
    """

    least: float
    median: float
    paired: float


def _ratios(outcomes: Mapping[str, Outcome], name: str) -> _Ratios | None:
    """Return the ratios of gnet to a server; ``None`` if either has no (sensible) figures."""
    subject, other = outcomes.get(SUBJECT), outcomes[name]
    if subject is None or not subject.is_complete or not other.is_complete:
        return None
    pairs = list(zip(subject.slices, other.slices, strict=True))
    if any(slice_.used <= 0 for pair in pairs for slice_ in pair):
        return None
    return _Ratios(
        least=subject.least / other.least,
        median=subject.median / other.median,
        paired=statistics.median(mine.cost / its.cost for mine, its in pairs),
    )


def _notes(outcomes: Mapping[str, Outcome]) -> set[str]:
    """Return what the reader must know about some of the figures."""
    return {part.note for outcome in outcomes.values() for part in outcome.slices if part.note}


def write_json(
    path: Path,
    environment: Mapping[str, object],
    settings: Mapping[str, object],
    results: Mapping[Workload, Mapping[str, Outcome]],
) -> None:
    """Write everything that was measured, with each single sample, to a file."""
    document = {
        "environment": environment,
        "settings": settings,
        "workloads": {
            workload.name: {
                "title": workload.title,
                "unit": workload.unit,
                "peers": {name: _as_dict(outcomes, name) for name in outcomes},
            }
            for workload, outcomes in results.items()
        },
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _as_dict(outcomes: Mapping[str, Outcome], name: str) -> dict[str, object]:
    """Return the outcome of one server for the JSON file."""
    outcome = outcomes[name]
    samples = [{"cost": sample.cost, **asdict(sample)} for sample in outcome.samples]
    if not outcome.is_complete:
        return {"problem": outcome.problem, "samples": samples}
    ratios = _ratios(outcomes, name)
    return {
        "least": outcome.least,
        "median": outcome.median,
        "spread": outcome.spread,
        "per_second": outcome.per_second,
        "busy": outcome.busy,
        "ratios": None if ratios is None else asdict(ratios),
        "samples": samples,
    }
