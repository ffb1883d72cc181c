"""Flows over the API: checked in a process beside, published, gone back to; and who a number is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.loader import load_flows
from ivr.api.roles import Role
from ivr.publishing.checkup import catalogue_in
from tests.api.conftest import Service
from tests.ivr.flow_files import files, folder_with


def test_a_designer_checks_publishes_and_goes_back(service: Service, tmp_path: Path) -> None:
    """What is unsound is not published and says why; who did it and why is in the history."""
    token = service.token(Role.DESIGNER, name="Marta")
    folder = folder_with(tmp_path / "flows", files("Hola"))

    def post(path: str, **body: object) -> tuple[int, dict[str, object]]:
        answer = service.ask(f"/flows/{path}", token, method="POST", body=body)
        return answer.status, answer.json

    status, first = post("publish", why="the first")
    assert (status, first["release"], first["who"], first["why"]) == (200, 1, "api:Marta", "the first")
    assert post("publish", why="again")[1]["code"] == "live_already"
    (folder / "main.flow.yaml").write_text("flow: main\nsteps: [{id: x, goto: nowhere}]\n", encoding="utf-8")
    status, unsound = post("publish", why="broken")
    assert (status, unsound["code"]) == (409, "unsound")
    assert "main.flow.yaml" in str(unsound["detail"])
    folder_with(folder, files("Buenos días"))
    assert post("publish", why="politer", lead=0)[1]["release"] == 2
    assert post("rollback", why="callers hang up", release=1)[1]["action"] == "rollback"
    assert post("rollback", why="x", release=1)[1]["code"] == "live_already"
    assert post("rollback", why="x", release=99)[0] == 404
    told = service.ask("/flows/history", token).json["switches"]
    assert [(one["release"], one["why"]) for one in told] == [
        (1, "callers hang up"),
        (2, "politer"),
        (1, "the first"),
    ]
    assert len([one for one in service.store.audit.latest(20) if one.action == "publish"]) == 3


def test_a_supervisor_sees_flows_and_publishes_none(service: Service, tmp_path: Path) -> None:
    """Reading is one role, making it live another."""
    folder = folder_with(tmp_path / "flows", files())
    flows = load_flows([folder], catalogue_in(folder))
    service.rooms.flows = lambda: flows
    token = service.token(Role.SUPERVISOR)
    told = service.ask("/flows", token).json
    assert [(one["name"], one["languages"]) for one in told["flows"]] == [("main", ["es"])]
    answer = service.ask("/flows/publish", token, method="POST", body={"why": "x"})
    assert (answer.status, answer.json["code"]) == (403, "other_role")


@pytest.mark.parametrize("number", ["+34600111222", "600%20111%20222"])
def test_who_a_number_is_taken_for(service: Service, tmp_path: Path, number: str) -> None:
    """However it is written; that somebody looked is on record."""
    folder = folder_with(tmp_path / "flows", files())
    flows = load_flows([folder], catalogue_in(folder))
    service.rooms.flows = lambda: flows
    token = service.token(Role.COORDINATOR, name="desk")
    told = service.ask(f"/callers/{number}", token).json
    assert told["number"] == "+34600111222"
    assert [one.who for one in service.store.audit.latest(1)] == ["api:desk"]
    assert service.ask("/callers/hello", token).json["code"] == "number"
