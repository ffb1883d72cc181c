"""Look-ups of a company's system that behaves: what is sent and understood, and when it is asked again."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from dialogs.results import Failed, Found, Missing, Slow
from ivr.back_ends.breaker import Breaker
from ivr.back_ends.port import BackEnds
from tests.back_ends.conftest import Connect
from tests.back_ends.systems import Reply, crm, in_turn
from tests.clocks import Seconds

EVERYTHING = """
systems:
  crm:
    url: "URL/api/v2/"
    plain: true
    headers: {Accept-Language: es}
    auth: {bearer: {env: CRM_TOKEN}}
lookups:
  contract:
    system: crm
    get: "/contracts/{number}?lang=es&of={dni}"
    by: [number, dni]
    fields:
      state: {type: code, at: /data/state, codes: {1: active, 2: ended, true: odd}}
      holder: {type: text, at: /data/holder/name}
      quota: {type: money, at: /data/quota/amount, currency: /data/quota/currency, written: decimal}
      deposit: {type: money, at: /data/deposit, currency: EUR, written: minor}
      lines: {type: number, at: /data/lines}
      blocked: {type: boolean, at: /data/blocked}
      signed: {type: date, at: /data/signed}
      ends: {type: date, at: /data/ends, optional: true}
      visit: {type: time, at: /data/visits/0/at}
      meter: {type: digits, at: /data/meter}
      phone: {type: phone, at: /data/phone}
    missing: {status: [404, 410], empty: /data, when: {/data/state: [9]}}
"""
DATA: dict[str, Any] = {
    "state": 1,
    "holder": {"name": "  Ana\nPuig "},
    "quota": {"amount": 142.3, "currency": "EUR"},
    "deposit": 5000,
    "lines": 2.0,
    "blocked": False,
    "signed": "2026-11-24T23:30:00Z",
    "visits": [{"at": "17:30:00"}],
    "meter": 4571600,
    "phone": "+34 600 111 222",
}
RECORD = {
    "state": "active",
    "holder": "Ana Puig",
    "quota": 14230,
    "quota_currency": "EUR",
    "deposit": 5000,
    "deposit_currency": "EUR",
    "lines": 2,
    "blocked": False,
    "signed": "2026-11-25",
    "ends": None,
    "visit": "17:30",
    "meter": "4571600",
    "phone": "+34 600 111 222",
}


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TOKEN", "s3cret")


def contract(back_ends: BackEnds) -> Found | Missing | Slow | Failed:
    return back_ends.ask("contract", {"number": "A-1", "dni": "12345678Z"}, deadline=2, sensitive=False)


def test_every_type_of_field(connected: Connect) -> None:
    """Money in minor units, days in the company's zone, codes in the flows' words, text on one line."""
    with crm(lambda *_: (200, {"data": DATA})) as system:
        assert contract(connected(EVERYTHING.replace("URL", system.url))) == Found(RECORD)
        assert system.asked == [("GET", "/api/v2/contracts/A-1?lang=es&of=12345678Z", None)]
        sent = system.headers[0]
        assert (sent["authorization"], sent["accept-language"]) == ("Bearer s3cret", "es")


@pytest.mark.parametrize(
    ("amount", "currency", "result"),
    [
        ("142.30", "EUR", 14230),
        (142, "EUR", 14200),
        (-0.01, "EUR", -1),
        (1500, "JPY", 1500),
        (1.234, "KWD", 1234),
        (1.005, "EUR", "more decimals than EUR"),
        (0.5, "JPY", "more decimals than JPY"),
        ("142,30", "EUR", "is text and no money"),
        ("Infinity", "EUR", "text and no money"),
        (1e300, "EUR", "no amount"),
        (True, "EUR", "no money"),
        (1, "euro", "no currency"),
        (1, None, "no currency"),
    ],
)
def test_money_is_exact_or_nothing(connected: Connect, amount: Any, currency: Any, result: Any) -> None:
    """No cent is rounded away, and no currency guessed."""
    data = {**DATA, "quota": {"amount": amount, "currency": currency}}
    with crm(lambda *_: (200, {"data": data})) as system:
        answer = contract(connected(EVERYTHING.replace("URL", system.url)))
        if isinstance(result, int):
            assert isinstance(answer, Found)
            assert (answer.record["quota"], answer.record["quota_currency"]) == (result, currency)
        else:
            assert isinstance(answer, Failed)
            assert result in answer.reason


@pytest.mark.parametrize(
    "reply",
    [(404, {"error": "no"}), (410, b""), (200, {"data": None}), (200, {"data": []}), (200, {}),
     (200, {"data": {**DATA, "state": 9}})],
)  # fmt: skip
def test_what_counts_as_missing(connected: Connect, reply: Reply) -> None:
    """A status, an empty place, a state: as the file says."""
    with crm(lambda *_: reply) as system:
        assert contract(connected(EVERYTHING.replace("URL", system.url))) == Missing()


@pytest.mark.parametrize(
    ("field", "value"),
    [("signed", "2026-02-30"), ("signed", "mañana"), ("state", 3), ("state", "true"), ("phone", "call me"),
     ("visits", [{"at": "25:00"}]), ("meter", -4), ("holder", {"name": "x" * 501}), ("blocked", "false")],
)  # fmt: skip
def test_a_field_of_another_type_is_an_error(connected: Connect, field: str, value: Any) -> None:
    """None of it is spoken; the reason names the field and repeats nothing."""
    with crm(lambda *_: (200, {"data": {**DATA, field: value}})) as system:
        answer = contract(connected(EVERYTHING.replace("URL", system.url)))
        if (field, value) == ("state", "true"):
            assert isinstance(answer, Found)  # `true` is listed in `codes`
            return
        assert isinstance(answer, Failed)
        assert str(value) not in answer.reason


POSTED = """
systems:
  crm: {url: "URL", plain: true, auth: AUTH, breaker: {failures: 3, rest: 30}}
lookups:
  points:
    system: crm
    post: /search
    send: {filter: {number: "{number}", note: "client {number}", 1: [true, "{number}"]}, size: 1}
    by: [number]
    fields: {points: {type: number, at: /0/points}}
    missing: {empty: /0}
    retries: 2
    MORE
"""


def points(back_ends: BackEnds, number: str = "45716", **how: Any) -> Found | Missing | Slow | Failed:
    return back_ends.ask("points", {"number": number}, **{"deadline": 2.0, "sensitive": False, **how})


def posted(url: str, more: str = "repeatable: true", auth: str = "{bearer: {env: CRM_TOKEN}}") -> str:
    return POSTED.replace("URL", url).replace("MORE", more).replace("AUTH", auth)


def test_a_body_is_json_whatever_the_caller_says(connected: Connect) -> None:
    """Quotes and braces stay inside the value."""
    said = '4", "admin": "{size}'
    with crm(lambda *_: (200, [{"points": 7}])) as system:
        assert points(connected(posted(system.url)), said) == Found({"points": 7})
        body = {"filter": {"number": said, "note": f"client {said}", "1": [True, said]}, "size": 1}
        assert system.asked == [("POST", "/search", body)]


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("{bearer: {env: CRM_TOKEN}}", "authorization", "Bearer s3cret"),
        ("{bearer: {file: FILE}}", "authorization", "Bearer from-file"),
        (
            "{basic: {user: ivr, password: {env: CRM_TOKEN}}}",
            "authorization",
            "Basic " + base64.b64encode(b"ivr:s3cret").decode(),
        ),
        ("{header: {name: X-Api-Key, value: {env: CRM_TOKEN}}}", "x-api-key", "s3cret"),
    ],
)
def test_how_the_system_knows_us(
    connected: Connect, tmp_path: Path, auth: str, header: str, value: str
) -> None:
    """The three ways, from the environment or a file."""
    (tmp_path / "token").write_text("from-file\n")
    with crm(lambda *_: (200, [])) as system:
        text = posted(system.url, auth=auth.replace("FILE", str(tmp_path / "token")))
        assert points(connected(text)) == Missing()
        assert system.headers[0][header] == value


@pytest.mark.parametrize("secret", ["", "two\nlines", "ñ"])
def test_a_secret_that_cannot_be_used_is_told_and_fails(
    connected: Connect, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    """The other systems work; this one says what is to be done, and not what the secret is."""
    monkeypatch.setenv("CRM_TOKEN", secret)
    with crm(lambda *_: (200, [])) as system:
        back_ends = connected(posted(system.url))
        answer = points(back_ends)
        assert isinstance(answer, Failed)
        assert back_ends.systems["crm"].unfit
        assert not secret or secret not in answer.reason
        assert system.asked == []


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_what_may_go_better_is_tried_again(connected: Connect, status: int) -> None:
    """Two failures, and then an answer: the caller notices nothing."""
    with crm(in_turn((status, {}), (status, {}), (200, [{"points": 7}]))) as system:
        assert points(connected(posted(system.url))) == Found({"points": 7})
        assert len(system.asked) == 3


@pytest.mark.parametrize(
    "reply", [(400, {}), (200, [{"points": "x"}]), (200, b"<html>"), (302, b"", {"Location": "/x"})]
)
def test_what_is_wrong_in_itself_is_not(connected: Connect, reply: Reply) -> None:
    """It would be as wrong the second time."""
    with crm(lambda *_: reply) as system:
        assert isinstance(points(connected(posted(system.url))), Failed)
        assert len(system.asked) == 1


def test_a_post_that_may_do_something_is_sent_once(connected: Connect) -> None:
    """Without `repeatable` nobody knows that it only asks."""
    with crm(lambda *_: (500, {})) as system:
        assert isinstance(points(connected(posted(system.url, "repeatable: false"))), Failed)
        assert len(system.asked) == 1


def test_no_repetition_goes_beyond_the_deadline(connected: Connect) -> None:
    """A system that asks for a minute's rest is not waited for."""
    with crm(lambda *_: (503, {}, {"Retry-After": "60"})) as system:
        assert isinstance(points(connected(posted(system.url))), Failed)
        assert len(system.asked) == 1


def test_a_system_that_fails_is_left_alone_and_then_tried_by_one(connected: Connect) -> None:
    """Three failures open the breaker; after its rest one asks, and the answer closes it."""
    clock, replies = Seconds(), [(500, {})] * 4
    with crm(lambda *_: replies.pop(0) if replies else (200, [{"points": 7}])) as system:
        back_ends = connected(posted(system.url, "retries: 0").replace("retries: 2", ""), now=clock)
        breaker = back_ends.systems["crm"].breaker
        for _ in range(3):
            assert isinstance(points(back_ends), Failed)
        assert breaker.state == "open"
        assert points(back_ends) == Failed("`crm` has failed too often and is left alone for a while")
        assert len(system.asked) == 3
        clock.now += 30
        assert breaker.state == "half open"
        assert isinstance(points(back_ends), Failed)  # the fourth failure
        assert breaker.state == "open"
        clock.now += 30
        assert points(back_ends) == Found({"points": 7})
        assert breaker.state == "closed"


def test_an_answer_that_does_not_fit_says_nothing_against_the_system(connected: Connect) -> None:
    """One customer's bad record must not close the system for all."""
    with crm(lambda *_: (200, [{"points": "x"}])) as system:
        back_ends = connected(posted(system.url))
        for _ in range(10):
            points(back_ends)
        assert back_ends.systems["crm"].breaker.state == "closed"


def test_half_open_lets_one_through_and_not_two() -> None:
    """And an asker who leaves without an answer gives the place to the next."""
    clock = Seconds()
    breaker = Breaker(failures=1, rest=10, now=clock)
    entered = breaker.enter()
    assert entered is not None
    breaker.failed(entered)
    clock.now += 10
    trial = breaker.enter()
    assert trial is not None
    assert breaker.enter() is None
    breaker.left(trial)
    again = breaker.enter()
    assert again is not None
    breaker.succeeded(again)
    assert breaker.state == "closed"
    breaker.failed(entered)  # one of before, which comes late
    assert breaker.state == "open"


def test_answers_are_kept_for_their_seconds_and_never_sensitive_ones(connected: Connect) -> None:
    """The same question in a call is put once; one asked by a secret is put each time, and not kept."""
    clock = Seconds()
    with crm(lambda *_: (200, [{"points": 7}])) as system:
        back_ends = connected(posted(system.url, "cache: 20"), now=clock)
        for _ in range(3):
            assert points(back_ends) == Found({"points": 7})
        assert len(system.asked) == 1
        points(back_ends, "45717")
        assert len(system.asked) == 2
        clock.now += 20
        points(back_ends)
        assert len(system.asked) == 3
        for _ in range(2):
            points(back_ends, "99999", sensitive=True)
        assert len(system.asked) == 5
        points(back_ends, "99999")
        assert len(system.asked) == 6


def test_missing_is_not_kept(connected: Connect) -> None:
    """What is not there yet may be there in a moment."""
    with crm(in_turn((200, []), (200, [{"points": 7}]))) as system:
        back_ends = connected(posted(system.url, "cache: 20"))
        assert points(back_ends) == Missing()
        assert points(back_ends) == Found({"points": 7})


def test_of_what_a_system_tells_no_list_of_our_own_is_given(connected: Connect) -> None:
    """The company's orders are not in our database: "you have none" would be a lie."""
    text = """
systems: {crm: {url: "http://127.0.0.1:9/", plain: true}}
lookups:
  order: {system: crm, get: "/orders/{order_id}", by: [order_id], fields: {status: code}}
"""
    back_ends = connected(text)
    for name in ("orders", "changeable_orders"):
        answer = back_ends.ask(name, {"customer_number": "45716"}, deadline=1, sensitive=False)
        assert isinstance(answer, Failed)
        assert f"the list `{name}` is not: declare it" in answer.reason
