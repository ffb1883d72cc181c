"""A whole call with a company's CRM behind it: a slow look-up that is filled, and a write that is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gevent
import numpy as np
import pytest
from gevent.queue import Queue

from data.records import CallRecord
from data.store import Store
from ivr.moments import CallOver, LookedUp, Moment, SystemSpoke
from ivr.stage import Stage
from tests.back_ends.systems import Crm, crm
from tests.calls.conftest import settings_in

CATALOGUE = """queues: [billing]
lookups:
  loyalty: {by: [number], fields: {tier: code, points: number}}
writes:
  redeem: {values: {number: digits, points: number}, reasons: [too_few], fields: {reference: digits}}
"""
BACK_ENDS = """systems:
  crm: {url: "URL", plain: true, deadline: 8, auth: {bearer: {env: STAGE_CRM_TOKEN}}}
lookups:
  loyalty:
    system: crm
    get: /loyalty/{number}
    by: [number]
    fields: {tier: code, points: number}
writes:
  redeem:
    system: crm
    post: /loyalty/{number}/redemptions
    send: {points: "{points}"}
    values: {number: digits, points: number}
    fields: {reference: {type: digits, at: /id}}
    refused: {409: too_few}
    repeatable: true
  call_outcome:
    system: crm
    post: /calls
    send: {call: "{call_id}", number: "{number}", outcome: "{outcome}", by: "{ended_by}"}
    values: {call_id: text, number: text, outcome: text, ended_by: text}
    repeatable: true
"""
TOLD: Queue[Any] = Queue()
"""What the CRM was told of calls that are over."""
KEYED = ("45716", "30460", "77024")
"""Whoever has this number waits, has too few points, or comes while nothing can be written."""
FLOW = """flow: main
languages: [es]
person: person
steps:
  - ask: number
    type: digits
    length: 5
    prompt: {es: "Marque su número."}
  - lookup: loyalty
    by: {number: "{number}"}
    found: told
    missing: bye
    slow: bye
    error: bye
    deadline: 8
    meanwhile: {es: "Espere."}
  - id: told
    say: {es: "Tiene {loyalty.points:number} puntos."}
  - write: redeem
    with: {number: "{number}", points: "{loyalty.points}"}
    done: redeemed
    reasons: {too_few: few}
    refused: bye
    later: noted
    error: bye
  - id: redeemed
    say: {es: "Hecho, referencia {redeem.reference:digits}."}
  - outcome: points_redeemed
    then: bye
  - id: few
    say: {es: "Son pocos."}
    then: bye
  - id: noted
    say: {es: "Queda anotado."}
    then: bye
  - id: bye
    hangup: normal
  - id: person
    queue: billing
    busy: {offer: callback, declined: bye}
"""


def _answer(method: str, path: str, body: Any) -> Any:
    if method == "GET":
        gevent.sleep(2.5 if "45716" in path else 0.0)  # the system's own slowness, which callers hear
        return 200, {"tier": "gold", "points": 310}
    if path == "/calls":
        TOLD.put(body)
        return 201, {}
    if "30460" in path:
        return 409, {}
    return (503, {}) if "77024" in path else (201, {"id": "99012"})


@pytest.fixture(scope="module")
def system() -> Iterator[Crm]:
    with crm(_answer) as running:
        yield running


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, system: Crm) -> Iterator[Stage]:
    """A stage whose home has a file of back ends."""
    folder = tmp_path_factory.mktemp("companys")
    (folder / "flows").mkdir()
    (folder / "flows" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "flows" / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
    (folder / "back_ends.yaml").write_text(BACK_ENDS.replace("URL", system.url), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STAGE_CRM_TOKEN", "s3cret")
        settings = settings_in(folder, engine="none")
        calls = settings.calls.model_copy(update={"filler_after": 0.3})
        with Stage(settings.model_copy(update={"calls": calls})) as playing:
            playing.server.rooms.voice.wait_warm()
            yield playing


class Played:
    """A caller who keys a number and listens to the end."""

    def __init__(self, stage: Stage, caller_number: str, keyed: str) -> None:
        self.moments: list[Moment] = []
        self._heard: list[bytes] = []
        stage.watch_caller(caller_number, self.moments.append)
        caller = stage.caller(caller_number, ear=self._heard.append)
        caller.join()
        with gevent.Timeout(40):
            while not any(isinstance(one, SystemSpoke) for one in self.moments):
                caller.silent(0.1)
            caller.key(keyed)
            while not any(isinstance(one, CallOver) for one in self.moments):
                caller.silent(0.2)
        stage.wait_until_idle()
        store = Store(stage.settings.database_url)
        self.record: CallRecord = next(
            one for one in store.calls.latest(50) if one.caller_number == caller_number
        )
        store.close()

    @property
    def said(self) -> list[str]:
        return [one.text for one in self.moments if isinstance(one, SystemSpoke)]

    @property
    def heard(self) -> np.ndarray[Any, np.dtype[np.int16]]:
        return np.frombuffer(b"".join(self._heard), "<i2")


@pytest.fixture(scope="module")
def calls(stage: Stage) -> dict[str, Played]:
    """Three callers at once, by what they key."""
    playing = {keyed: gevent.spawn(Played, stage, f"+346000{keyed}", keyed) for keyed in KEYED}
    gevent.joinall(list(playing.values()), raise_error=True, timeout=60)
    return {keyed: one.value for keyed, one in playing.items()}


def test_a_slow_crm_is_waited_for_with_sound_and_then_written_to(
    calls: dict[str, Played], system: Crm
) -> None:
    """Found after seconds that were not silent, done at once, and the reference is read out."""
    call = calls["45716"]
    # A write that takes a moment on a busy machine is bridged by words, too.
    assert [text for text in call.said[1:] if "anotando" not in text] == [
        "Espere.",
        "Tiene 310 puntos.",
        "Hecho, referencia 99012.",
    ]
    looked_up = next(one for one in call.moments if isinstance(one, LookedUp))
    assert looked_up.result == "found"
    assert looked_up.seconds >= 2.5
    assert [(turn.text, turn.result) for turn in call.record.turns if turn.kind in ("lookup", "deed")] == [
        ("loyalty", "found"),
        ("write", "written"),
    ]
    asked = [one for one in system.asked if "45716" in one[1]]
    assert asked[-1] == ("POST", "/loyalty/45716/redemptions", {"points": 310})
    assert {sent["authorization"] for sent in system.headers} == {"Bearer s3cret"}
    # Sine waves of the music: something soft is heard in a stretch where nobody speaks.
    levels = np.abs(call.heard[: len(call.heard) // 800 * 800].astype(float)).reshape(-1, 800).mean(axis=1)
    assert ((levels > 20) & (levels < 2000)).sum() > 5


@pytest.mark.parametrize(
    ("keyed", "said", "result"), [("30460", "Son pocos.", "refused"), ("77024", "Queda anotado.", "noted")]
)
def test_what_a_caller_hears_is_what_happened(
    calls: dict[str, Played], keyed: str, said: str, result: str
) -> None:
    """Refused for a reason, or noted for later: each in its words, and in the record."""
    call = calls[keyed]
    assert call.said[-1] == said
    assert [turn.result for turn in call.record.turns if turn.kind == "deed"] == [result]


def test_the_crm_hears_how_each_call_ended(calls: dict[str, Played]) -> None:
    """Of every call once, with its outcome if it came to one."""
    told = [TOLD.get(timeout=20) for _ in calls]
    wanted = {keyed: "points_redeemed" if keyed == "45716" else "" for keyed in KEYED}
    assert {one["number"].removeprefix("+346000"): one["outcome"] for one in told} == wanted
    assert {one["call"] for one in told} == {str(played.record.call_id) for played in calls.values()}
    assert {one["by"] for one in told} == {"system"}
    assert TOLD.empty()
