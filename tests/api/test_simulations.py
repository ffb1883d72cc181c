"""Strategies are checked and campaigns simulated over the API, before anybody is called."""

from __future__ import annotations

from typing import Any

import gevent

from ivr.api.roles import Role
from tests.api.conftest import Answer, Service
from tests.api.test_campaigns import STRATEGY
from tests.api.test_coordinating import ITEM
from tests.api.test_resources import audited
from tests.campaigns.simulation.test_command import POPULATION

PATIENCE = 120.0
"""Seconds."""


def post(service: Service, path: str, token: str, **body: object) -> Answer:
    return service.ask(path, token, method="POST", body=body)


def until_over(service: Service, job: str, token: str) -> Any:
    """What is told of it when it runs no more."""
    with gevent.Timeout(PATIENCE):
        while (told := service.ask(f"/campaigns/simulations/{job}", token).json)["state"] == "running":
            gevent.sleep(0.2)  # between two looks: the process beside the server goes on by itself
    return told


def test_the_mistakes_of_strategies(service: Service) -> None:
    """Those of the command, with file and line; of one, or of all; a name that is no strategy's is 404."""
    token = service.token(Role.COORDINATOR)
    folder = service.rooms.settings.path(service.rooms.settings.strategies)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fees.yaml").write_text(STRATEGY, encoding="utf-8")
    (folder / "students.map.yaml").write_text("columns: {customer_number: number}\n", encoding="utf-8")
    assert post(service, "/campaigns/check", token).json == {
        "sound": True,
        "strategies": ["fees"],
        "mistakes": [],
    }
    (folder / "worse.yaml").write_text(STRATEGY.replace("base: students", "base: student"), encoding="utf-8")
    assert post(service, "/campaigns/check", token, strategies=["fees"]).json["sound"] is True
    told = post(service, "/campaigns/check", token).json
    assert told["sound"] is False
    assert {(one["file"].rpartition("/")[2], one["line"]) for one in told["mistakes"]} >= {("worse.yaml", 7)}
    assert post(service, "/campaigns/check", token, strategies=["../fees"]).status == 404


def test_a_simulation_runs_beside_the_server(service: Service) -> None:
    """One at a time; figures as by the command; what makes no sense is refused, or fails with a remedy."""
    token = service.token(Role.COORDINATOR, name="Eva")
    for body in (
        {},
        {"seeds": 0},
        {"seeds": 1, "population": "agents: none"},
        {"seeds": 1, "population": "a: b: c"},
    ):
        assert post(service, "/campaigns/simulations", token, **body).status == 422, body
    assert service.ask(f"/campaigns/simulations/{ITEM}", token).status == 404
    begun = post(service, "/campaigns/simulations", token, seeds=1, population=POPULATION, agents=4)
    assert (begun.status, begun.json["state"], begun.json["begun_by"]) == (200, "running", "api:Eva")
    assert post(service, "/campaigns/simulations", token, seeds=1).json["code"] == "busy"
    told = until_over(service, begun.json["id"], token)
    assert (told["state"], told["runs"], told["runs_done"]) == ("done", 2, 2), told
    figures = told["figures"]
    assert figures["calls"] > 20 and figures["rule_violations"] == 0 and figures["abandon_rate_max"] <= 0.03
    assert [one["mode"] for one in figures["runs"]] == ["progressive", "predictive"]
    campaign = {"strategy": "fees", "name": "nobody"}
    other = post(service, "/campaigns/simulations", token, seeds=1, campaign=campaign).json["id"]
    failed = until_over(service, other, token)
    assert (failed["state"], failed["figures"], bool(failed["remedy"])) == ("failed", None, True), failed
    assert {one.what for one in audited(service, "write")} == {"campaigns: a simulation"}
