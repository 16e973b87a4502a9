"""``compose.yaml``, ``examples/haproxy.cfg``, ``examples/kubernetes.yaml``: they fit together.

What they say about gnet is such as its command line takes, and nothing is killed that still drains.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
import yaml
from support import ROOT

from gnet.serving.addresses import parse
from gnet.serving.settings import OPTIONS, from_environment

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
HAPROXY = (ROOT / "examples" / "haproxy.cfg").read_text()
DEPLOYMENT, SERVICE, BUDGET = yaml.safe_load_all((ROOT / "examples/kubernetes.yaml").read_text())
POD: dict[str, Any] = DEPLOYMENT["spec"]["template"]["spec"]
[CONTAINER] = POD["containers"]

#: What the process is given: its arguments, and its variables.
COMMANDS: dict[str, list[str]] = {
    "compose": SERVICES["gnet"]["command"],
    "kubernetes": CONTAINER["args"],
}
VARIABLES: dict[str, dict[str, str]] = {
    "compose": {name: str(text) for name, text in SERVICES["gnet"]["environment"].items()},
    "kubernetes": {variable["name"]: variable["value"] for variable in CONTAINER["env"]},
}
either = pytest.mark.parametrize("where", ["compose", "kubernetes"])


def seconds(text: str) -> int:
    """A duration as Compose and HAProxy write it; only whole seconds are used here."""
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return int(found[1])


def port_of(address: str) -> int:
    """The port of one of gnet's addresses."""
    return parse(address).port


def default(variable: str) -> str:
    """What a variable of ``haproxy.cfg`` is if nobody sets it."""
    [found] = re.findall(r"\$\{" + variable + r"-([^}]*)\}", HAPROXY)
    return str(found)


@either
def test_gnet_knows_the_variables(where: str) -> None:
    """And the application those that begin with its name."""
    known = {option.variable for option in OPTIONS}
    application = (ROOT / "examples" / "chat.py").read_text()
    for name in VARIABLES[where]:
        assert name in known or (name.startswith("GNET_CHAT_") and f'"{name}"' in application)
    from_environment("", VARIABLES[where] | {"GNET_APPLICATION": "chat:make_server"})


@either
def test_the_application_is_there(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name that the command says."""
    [name] = COMMANDS[where]
    module, _, factory = name.partition(":")
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    assert callable(getattr(importlib.import_module(module), factory))


def test_all_files_that_compose_mounts_are_there() -> None:
    """Also what the application imports; nothing can be written."""
    mounted = {}
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source, target, mode = volume.split(":")
            assert (ROOT / source).is_file()
            assert mode == "ro"
            mounted[target] = source
    for module in ("chat", "chat_bus"):
        assert mounted[f"/app/{module}.py"] == f"./examples/{module}.py"


def test_haproxy_asks_the_ports_that_gnet_listens_on() -> None:
    """In the service's name; and nothing else does it listen on."""
    variables = VARIABLES["compose"]
    assert default("GNET_HOST") == "gnet"
    assert int(default("GNET_PORT")) == port_of(variables["GNET_LISTEN"])
    assert int(default("HEALTH_PORT")) == port_of(variables["GNET_METRICS"])
    [published] = SERVICES["haproxy"]["ports"]
    assert published.endswith(default("FRONTEND"))
    assert "uri /health" in HAPROXY


def test_haproxy_has_room_for_the_containers() -> None:
    """Those that are started if nobody says how many."""
    found = re.search(r"server-template gnet (\d+) ", HAPROXY)
    assert found
    assert SERVICES["gnet"]["deploy"]["replicas"] < int(found[1])


def test_compose_kills_nothing_that_still_drains() -> None:
    """The periods nest: the chat's goodbye, gnet's drain, Docker's patience."""
    variables = VARIABLES["compose"]
    drain = float(variables["GNET_DRAIN_TIMEOUT"])
    assert float(variables["GNET_CHAT_LINGER"]) + 5 <= drain
    assert drain + 5 <= seconds(SERVICES["gnet"]["stop_grace_period"])
    found = re.search(r"hard-stop-after (\d+s)", HAPROXY)
    assert found
    assert seconds(found[1]) + 5 <= seconds(SERVICES["haproxy"]["stop_grace_period"])


def test_kubernetes_kills_nothing_that_still_drains() -> None:
    """Its patience begins with preStop."""
    variables = VARIABLES["kubernetes"]
    [command, first] = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert command == "sleep"
    drain = float(variables["GNET_DRAIN_TIMEOUT"])
    assert float(variables["GNET_CHAT_LINGER"]) + 5 <= drain
    assert float(first) + drain + 5 <= POD["terminationGracePeriodSeconds"]


def test_kubernetes_asks_the_ports_that_gnet_listens_on() -> None:
    """By their names."""
    variables = VARIABLES["kubernetes"]
    ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
    assert ports == {
        "chat": port_of(variables["GNET_LISTEN"]),
        "metrics": port_of(variables["GNET_METRICS"]),
    }
    probes = [CONTAINER[f"{name}Probe"]["httpGet"] for name in ("readiness", "liveness")]
    assert probes == [
        {"path": "/health", "port": "metrics"},
        {"path": "/live", "port": "metrics"},
    ]
    assert [port["targetPort"] for port in SERVICE["spec"]["ports"]] == ["chat"]


def test_kubernetes_selects_the_pods() -> None:
    """All three parts mean the same ones, and always some of them serve."""
    labels = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    assert DEPLOYMENT["spec"]["selector"]["matchLabels"] == labels
    assert SERVICE["spec"]["selector"] == labels
    assert BUDGET["spec"]["selector"]["matchLabels"] == labels
    assert DEPLOYMENT["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert BUDGET["spec"]["maxUnavailable"] < DEPLOYMENT["spec"]["replicas"]


def test_no_container_may_more_than_it_needs() -> None:
    """Neither write to its files nor become root."""
    for service in SERVICES.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["ulimits"]["nofile"] >= 2**16
    assert POD["securityContext"]["runAsNonRoot"]
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@either
def test_redis_is_found(where: str) -> None:
    """In Compose it is a service of that name."""
    found = re.fullmatch(r"redis://([\w.-]+):6379", VARIABLES[where]["GNET_CHAT_REDIS"])
    assert found
    if where == "compose":
        assert found[1] in SERVICES
        assert "redis" in SERVICES["gnet"]["build"]["args"]["EXTRA_PACKAGES"].split()
