"""Requests per second of a Locust process: NetUser beside a plain socket, turn by turn.

``python -m benchmarks.users``, from the root of the repository. A gnet echo server has one core,
Locust another; processes with each kind of user take turns, a few seconds each. The headline is the
median over the turns of the ratio within a turn. A user that makes no requests shows what Locust
itself needs for one, and so how much faster any client could be at most.
"""

import argparse
import json
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.machine import choose_cores, pinned
from benchmarks.peers import PEERS, ServerProcess

#: In the order of the columns: NetUser, a plain socket, no request at all.
USERS = ("Net", "Plain", "Nothing")


def measure(user: str, port: int, users: int, seconds: int) -> dict[str, Any]:
    """Run Locust with one kind of user."""
    command = [sys.executable, "-m", "locust", "-f", "benchmarks/locust_users.py", "--headless"]
    command += ["--host", f"tcp://127.0.0.1:{port}", "-u", str(users), "-r", str(users)]
    command += ["-t", f"{seconds}s", "--only-summary", user]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    for line in run.stdout.splitlines():
        if line.startswith("RESULT "):
            found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
            if found["failures"]:
                break
            return found
    raise SystemExit(f"Locust with {user} did not do it:\n{run.stdout[-1000:]}{run.stderr[-2000:]}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.users", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    parser.add_argument("--users", type=int, default=100, help="users at once (default 100)")
    parser.add_argument("--seconds", type=int, default=4, help="length of a turn (default 4)")
    options = parser.parse_args()
    cores = choose_cores()
    faster: list[float] = []
    cheaper: list[float] = []
    own: list[float] = []
    kernel: list[float] = []
    print(f"{options.users} users, 64 bytes there and back; {cores}")
    print(f"{'':5}  {'requests per second':>28}  {'CPU time per request, µs':>28}")
    heads = ("NetUser", "plain", "Locust")
    print("round" + "".join(f"  {head:>8}" for head in (*heads, *heads)))
    with ServerProcess(PEERS["gnet"], cores.server) as server:
        for number in range(options.rounds):
            rate, cost = {}, {}
            turn = number % len(USERS)
            for user in USERS[turn:] + USERS[:turn]:
                with pinned(cores.client):
                    found = measure(user, server.port, options.users, options.seconds)
                rate[user] = found["requests"] / found["seconds"]
                cost[user] = found["cpu_seconds"] / found["requests"] * 1e6
                if user == "Net":
                    kernel.append(found["kernel_seconds"] / found["cpu_seconds"])
            faster.append(rate["Net"] / rate["Plain"])
            cheaper.append(cost["Net"] / cost["Plain"])
            own.append(cost["Nothing"] / cost["Net"])
            columns = "".join(f"  {rate[user]:8.0f}" for user in USERS)
            columns += "".join(f"  {cost[user]:8.1f}" for user in USERS)
            print(f"{number + 1:5}{columns}", flush=True)
    print(
        f"NetUser makes {statistics.median(faster):.2f} times as many requests per second "
        f"(median; {min(faster):.2f} to {max(faster):.2f}), each for "
        f"{statistics.median(cheaper):.2f} of the CPU time."
    )
    print(
        f"Of NetUser's CPU time {statistics.median(own):.0%} is Locust's own, "
        f"{statistics.median(kernel):.0%} the kernel's."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
