"""Results of load tests as read back from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loadtest_results import accept, backlog, expectation, latency, max_connections, results

from loadtests.runs import ResultsError, Step, read


def test_results_keep_what_the_report_shows(tmp_path: Path) -> None:
    """Server, backlog, limit, samples and expectations."""
    run = results(backlog(16), tmp_path)
    assert (run.test, run.server, run.version, run.backlog) == ("backlog", "gnet", "0.1.0", 16)
    assert max(sample.queue_length or 0 for sample in run.samples) == 17
    assert {sample.queue_maximum for sample in run.samples} == {16}
    assert [one.holds for one in run.expectations] == [True, True]
    assert results(max_connections(200), tmp_path).max_connections == 200


def test_a_server_that_does_not_know_its_queue_is_read_as_well(tmp_path: Path) -> None:
    """Only its queue is missing."""
    made = accept()
    for sample in made["samples"]:
        sample["accept_queue"] = None
    assert {sample.queue_length for sample in results(made, tmp_path).samples} == {None}


def test_percentiles_come_from_the_histogram(tmp_path: Path) -> None:
    """To three digits, in milliseconds; the longest time is exact."""
    made = accept()
    made["latencies"] = {"TCP connect": latency([*range(1, 100), 1_234_567])}
    found = results(made, tmp_path).latencies["TCP connect"]
    assert found.percentiles_ms(50, 90, 99) == (0.050, 0.090, 0.099)
    assert found.max_ms == 1234.567


def test_no_percentile_is_longer_than_the_longest(tmp_path: Path) -> None:
    """The histogram does not tell 3,009,918 µs from 3,010,559 µs."""
    made = accept()
    made["latencies"] = {"TCP connect": latency([3_009_918])}
    found = results(made, tmp_path).latencies["TCP connect"]
    assert found.percentiles_ms(50, 99) == (3009.918, 3009.918)


def test_steps_tell_the_share_of_each_value(tmp_path: Path) -> None:
    """Three quarters took 100 µs, the rest 200 µs."""
    made = accept()
    made["latencies"] = {"TCP connect": latency([100, 100, 100, 200])}
    found = results(made, tmp_path).latencies["TCP connect"]
    assert found.steps() == [Step(0.1, 0.0, 0.75), Step(0.2, 0.75, 1.0)]


def test_a_request_that_was_never_made_has_no_latency(tmp_path: Path) -> None:
    """There is nothing to be drawn of it."""
    made = accept()
    made["latencies"]["TCP connect"] = {"count": 0, "max_us": None, "hdr": ""}
    assert "TCP connect" not in results(made, tmp_path).latencies


def test_what_was_expected_is_text_whatever_its_type(tmp_path: Path) -> None:
    """The table shows it as it is."""
    made = accept()
    made["expectations"] = [{**expectation("drops", 5, 5), "expected": 5, "seen": 5}]
    [one] = results(made, tmp_path).expectations
    assert (one.expected, one.seen, one.holds) == ("5", "5", True)


def test_a_missing_file_says_that_it_was_not_written(tmp_path: Path) -> None:
    """Locust ended before."""
    with pytest.raises(ResultsError, match=r"accept-gnet\.json was not written"):
        read(tmp_path / "accept-gnet.json")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "cannot be read"),
        ("{}", "lacks 'statistics'"),
        ("[]", "is no file of results"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """With what is wrong with it."""
    path = tmp_path / "made.json"
    path.write_text(text)
    with pytest.raises(ResultsError, match=complaint):
        read(path)


def test_results_without_samples_are_refused(tmp_path: Path) -> None:
    """The name of what is missing is in the text."""
    made = accept()
    del made["samples"]
    path = tmp_path / "made.json"
    path.write_text(json.dumps(made))
    with pytest.raises(ResultsError, match="'samples'"):
        read(path)
