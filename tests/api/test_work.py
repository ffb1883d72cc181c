"""Work beside calls over the API: from the coordinator to the agent, and to the reviewer who holds it."""

from __future__ import annotations

import pytest

from data.ids import new_id
from ivr.agents.roster import Roster
from ivr.api.roles import Role
from tests.api.conftest import Service, Serving
from tests.api.posting import post
from tests.api.test_resources import a_call, audited, recorded


def test_work_from_the_coordinator_to_the_agent(serving: Serving) -> None:
    """Added once, given out, seen by its holder alone, reviewed by the score card, and done once."""
    service = serving(customers=10)
    coordinator = service.token(Role.COORDINATOR, name="Eva")
    mine, other = (service.token(Role.AGENT, agent=agent) for agent in ("1001", "1002"))
    call = str(a_call(service.store, recording="a.wav"))
    added = post(service, "/work", coordinator, kind="recording", about=call, due_hours=4).json
    assert (added["new"], added["item"]["created_by"]) == (True, "api:Eva")
    assert post(service, "/work", coordinator, kind="recording", about=call).json["new"] is False
    for about in ("nobody", str(new_id())):
        refused = post(service, "/work", coordinator, kind="recording", about=about)
        assert (refused.status, refused.json["code"]) == (422, "work_unfit")
    item = added["item"]["id"]
    assert post(service, "/work/share", coordinator, among=["1001"]).json == {"given": {"1001": 1}}
    assert post(service, f"/work/{item}/assign", coordinator, to="1002").status == 409  # it is 1001's
    assert [one["id"] for one in service.ask("/agents/me/work", mine).json["items"]] == [item]
    assert service.ask("/agents/me/work", other).json["items"] == []
    scores = {"greeting": 2, "identity": 3, "listening": 5, "solution": 8, "closing": 2}
    done = f"/agents/me/work/{item}/done"
    assert post(service, done, other, scores=scores).json["code"] == "work_not_theirs"
    assert post(service, done, mine).json["code"] == "work_unfit"  # a review has points
    finished = post(service, done, mine, scores=scores, note="well done").json
    assert (finished["done_by"], finished["scores"]) == ("1001", scores)
    assert post(service, done, mine, scores=scores).status == 409
    assert service.ask("/work", coordinator).json["entries"] == []
    (over,) = service.ask("/work?done=true&kind=recording&holder=1001", coordinator).json["entries"]
    assert over["id"] == item
    assert {one.what for one in audited(service)} == {"work_items: list", "work_items: their own"}
    assert len(audited(service, "write")) == 10


@pytest.mark.parametrize("name", ["2001", "100", "marta", "'; DROP TABLE work_items", " "])
def test_work_is_given_to_declared_agents_alone(serving: Serving, name: str) -> None:
    """Whoever is no agent gets nothing, one by one or among others; and one line says who there is."""
    service = serving(customers=10)
    token = service.token(Role.COORDINATOR)
    call = str(a_call(service.store, recording="a.wav"))
    item = post(service, "/work", token, kind="recording", about=call).json["item"]["id"]
    for path, body in ((f"/work/{item}/assign", {"to": name}), ("/work/share", {"among": ["1001", name]})):
        answer = post(service, path, token, **body)
        assert (answer.status, answer.json["code"]) == (422, "agent_unknown"), name
        assert "`100" in answer.json["remedy"]
    (entry,) = service.ask("/work", token).json["entries"]
    assert entry["holder"] is None
    service.rooms.roster = Roster
    nobody = post(service, f"/work/{item}/assign", token, to="1001")
    assert (nobody.status, "agents.yaml" in nobody.json["remedy"]) == (422, True)


def test_a_reviewer_hears_the_recording_that_they_hold_and_no_other(serving: Serving) -> None:
    """Whole and in parts, as long as it is theirs to do; each hearing is on record under their name."""
    service = serving(customers=10)
    coordinator = service.token(Role.COORDINATOR)
    mine, other = (service.token(Role.AGENT, agent=agent) for agent in ("1001", "1002"))
    call_id, sound = recorded(service)
    item = post(service, "/work", coordinator, kind="recording", about=str(call_id)).json["item"]["id"]
    path = f"/agents/me/work/{item}/sound"
    assert service.ask(path, mine).status == 404  # nobody's yet
    post(service, f"/work/{item}/assign", coordinator, to="1001")
    part = service.ask(path, mine, headers={"Range": "bytes=44-143"})
    assert (part.status, part.body) == (206, sound[44:144])
    assert service.ask(path, mine).body == sound
    assert service.ask(path, other).status == 404
    assert service.ask(f"/recordings/{call_id}/sound", mine).status == 403
    assert [one.who for one in audited(service, "play")] == ["api:1001"] * 2
    assert service.ask(f"/recordings/{call_id}/sound", coordinator).body == sound
    scores = {"greeting": 2, "identity": 3, "listening": 5, "solution": 8, "closing": 2}
    assert post(service, f"/agents/me/work/{item}/done", mine, scores=scores).status == 200
    assert service.ask(path, mine).status == 404


def test_the_score_card_is_told(service: Service) -> None:
    """The built-in one, the company's, and one that cannot be used: without a path of this machine."""
    token = service.token(Role.AGENT, agent="1001")
    assert service.ask("/work/score-card", token).json["criteria"]["greeting"] == 2
    folder = service.rooms.settings.home / "flows"  # the home's own come before the shipped ones
    folder.mkdir()
    assert service.rooms.settings.flows_folder == folder
    (folder / "score_card.yaml").write_text("kindness: 5\n", encoding="utf-8")
    assert service.ask("/work/score-card", token).json["criteria"] == {"kindness": 5}
    (folder / "score_card.yaml").write_text("kindness: many\n", encoding="utf-8")
    wrong = service.ask("/work/score-card", token)
    assert (wrong.status, wrong.json["code"]) == (409, "score_card")
    assert str(folder).encode() not in wrong.body


def test_work_comes_in_pages(serving: Serving) -> None:
    """None twice, the newest first."""
    service = serving(customers=10)
    token = service.token(Role.COORDINATOR)
    for n in range(5):
        call = a_call(service.store, n, recording="a.wav")
        post(service, "/work", token, kind="recording", about=str(call))
        service.wait(1)
    first = service.ask("/work?limit=3", token).json
    second = service.ask(f"/work?limit=3&cursor={first['next']}", token).json
    seen = [one["created_at"] for one in first["entries"] + second["entries"]]
    assert (len(seen), sorted(seen, reverse=True), second["next"]) == (5, seen, None)
