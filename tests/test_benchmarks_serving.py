"""``python -m benchmarks.serving``: whether two workers serve more than one."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support import ROOT


@pytest.mark.timeout(60)
@pytest.mark.parametrize("options", [(), ("--busy",)], ids=["echo", "busy"])
def test_it_tells_the_ratio_of_two_workers_to_one(options: tuple[str, ...]) -> None:
    """Of rates, and of CPU time; each worker had its share."""
    command = [sys.executable, "-m", "benchmarks.serving", "--rounds", "1", "--connections", "400"]
    command += options
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=True)
    assert re.search(r"^ +1 +\d+ +\d+\.\d +100% +\d+ +\d+\.\d +\d+%$", run.stdout, re.MULTILINE)
    assert re.search(r"Two workers serve \d+\.\d\d times the connections of one", run.stdout)
