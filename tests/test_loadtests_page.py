"""The page of a report of load tests: what it says, and that it says it safely."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from loadtest_results import accept, backlog, expectation, latency, results, whole

from loadtests import page
from loadtests.execution import Outcome
from loadtests.plan import Run, plan
from loadtests.plots import PLOTS, Picture, draw_all

ABOUT = {"kernel": "Linux 6.1"}


class Page(HTMLParser):
    """What stands on a page: its text, and its elements with their attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def attributes(self, tag: str, name: str) -> list[str | None]:
        """That attribute of all those elements."""
        return [attributes.get(name) for found, attributes in self.elements if found == tag]


def run_named(name: str) -> Run:
    """A run of the plan."""
    return next(run for run in plan() if run.name == name)


def outcome(name: str, made: dict[str, Any], folder: Path) -> Outcome:
    """A run of the plan that came to its end with these results."""
    return Outcome(run_named(name), results(made, folder))


def written(folder: Path, *outcomes: Outcome, pictures: dict[str, Picture] | None = None) -> Page:
    """The page of these outcomes."""
    return Page(page.write(folder, outcomes, pictures or {}, ABOUT))


def test_every_expectation_stands_on_the_page(tmp_path: Path) -> None:
    """With what was expected and seen."""
    made = whole()
    found = written(tmp_path, *(outcome(name, one, tmp_path) for name, one in made.items()))
    for document in made.values():
        for one in document["expectations"]:
            assert one["name"] in found.text
            assert one["seen"] in found.text


def test_a_broken_expectation_is_marked(tmp_path: Path) -> None:
    """And counted in the first sentence."""
    made = accept()
    made["expectations"] = [expectation("nobody is lost", 5, 4), expectation("all is well", 1, 1)]
    made["passed"] = False
    found = written(tmp_path, outcome("accept-gnet", made, tmp_path))
    assert "0 of 1 run passed: 1 of 2 expectations hold." in found.text
    assert found.text.count("✗ no") == 1
    assert found.text.count("✓ yes") == 1


def test_text_of_results_is_escaped(tmp_path: Path) -> None:
    """What servers and kernels say is no markup."""
    evil = "<script>alert('x')</script>"
    made = accept()
    made["expectations"] = [expectation(evil, evil, evil)]
    made["errors"] = [{"name": evil, "error": evil, "occurrences": 1}]
    made["statistics"]["version"] = evil
    made["latencies"] = {evil: latency([1])}
    found = written(
        tmp_path,
        outcome("accept-gnet", made, tmp_path),
        Outcome(run_named("backlog-16"), None, evil, evil),
    )
    assert "script" not in {tag for tag, _ in found.elements}
    assert found.text.count(evil) == 9


def test_latencies_are_milliseconds_with_three_digits(tmp_path: Path) -> None:
    """What takes microseconds is not nought."""
    made = accept()
    made["latencies"] = {"TCP connect": latency([*range(1, 100), 1_234_567])}
    found = written(tmp_path, outcome("accept-gnet", made, tmp_path))
    for figure in ("0.050", "0.090", "0.099", "1,234.567"):
        assert figure in found.text


def test_each_picture_has_a_text_in_its_place(tmp_path: Path) -> None:
    """It says what is seen."""
    made = whole()
    pictures = dict(draw_all([results(one, tmp_path) for one in made.values()]))
    outcomes = [outcome(name, one, tmp_path) for name, one in made.items()]
    found = written(tmp_path, *outcomes, pictures=pictures)
    assert found.attributes("img", "alt") == [pictures[plot.name].alt for plot in PLOTS]
    assert found.attributes("img", "src") == [f"{plot.name}.png" for plot in PLOTS]


def test_the_page_says_which_pictures_are_left_out(tmp_path: Path) -> None:
    """Under their headings."""
    found = written(tmp_path, outcome("backlog-16", backlog(16), tmp_path))
    assert found.text.count("Left out: no run of this report") == len(PLOTS)
    assert all(plot.heading in found.text for plot in PLOTS)


def test_a_run_that_did_not_end_is_shown_with_its_log(tmp_path: Path) -> None:
    """The reader sees why."""
    run = run_named("accept-node")
    found = written(tmp_path, Outcome(run, None, "did not come to its end", "no node here"))
    assert "accept, node: did not come to its end" in found.text
    assert "no node here" in found.text
    assert "and 1 run did not come to an end" in found.text


def test_only_files_that_exist_are_linked(tmp_path: Path) -> None:
    """A run that broke has left a log at most."""
    run = run_named("accept-gnet")
    run.log(tmp_path).write_text("broke")
    found = written(tmp_path, Outcome(run, None, "broke"))
    assert found.attributes("a", "href") == ["accept-gnet.log"]


def test_nothing_comes_from_elsewhere(tmp_path: Path) -> None:
    """The page can be read without a network, and moved with its folder."""
    made = whole()
    pictures = dict(draw_all([results(one, tmp_path) for one in made.values()]))
    found = written(
        tmp_path, *(outcome(name, one, tmp_path) for name, one in made.items()), pictures=pictures
    )
    links = [*found.attributes("a", "href"), *found.attributes("img", "src")]
    assert all(link is not None and "/" not in link for link in links)
    assert not {tag for tag, _ in found.elements} & {"link", "script", "iframe"}


def test_the_machine_is_described(tmp_path: Path) -> None:
    """As it was given; a phone is told to keep its own width."""
    found = written(tmp_path, outcome("accept-gnet", accept(), tmp_path))
    assert "Linux 6.1" in found.text
    assert "width=device-width, initial-scale=1" in found.attributes("meta", "content")


def test_the_machine_names_versions_and_settings_of_the_kernel() -> None:
    """Those that change what the tests see, but no peer that takes no part."""
    about = page.machine()
    assert {"kernel", "python", "locust", "net.core.somaxconn"} <= set(about)
    assert "uvloop" not in about
