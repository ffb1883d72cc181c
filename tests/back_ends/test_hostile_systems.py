"""A system that hangs, lies, floods or leads astray: the stated result, in time, in bounded memory."""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import socket

from dialogs.errors import FlowsInvalid
from dialogs.results import Failed, Found, Missing, Slow
from ivr.back_ends.answers import in_row, read_fields
from ivr.back_ends.declared import FieldOf
from ivr.back_ends.errors import NotAsAgreed
from ivr.back_ends.port import BackEnds
from ivr.back_ends.values import money_of, typed
from ivr.outside.faults import NotReached
from ivr.outside.http import HttpLink
from tests.back_ends.conftest import Connect
from tests.back_ends.systems import (
    HEAD,
    Holding,
    announce,
    break_off,
    crm,
    drip,
    drip_head,
    flood,
    garbage,
    hang,
    raw_server,
)

DECLARED = """
systems:
  crm: {url: "URL", plain: true, MORE}
lookups:
  loyalty:
    system: crm
    get: "/customers/{customer_number}/loyalty"
    by: [customer_number]
    retries: 0
    fields: {tier: code, points: number}
"""
DEADLINE = 0.4
LATE = 6.0
"""What a busy machine may add; none of these systems ends by itself."""
GOOD = {"tier": "gold", "points": 310}


def declared(url: str, more: str = "deadline: 4") -> str:
    return DECLARED.replace("URL", url).replace("MORE", more)


def ask(back_ends: BackEnds, number: str = "45716") -> Found | Missing | Slow | Failed:
    return back_ends.ask("loyalty", {"customer_number": number}, deadline=DEADLINE, sensitive=False)


@pytest.mark.parametrize("talk", [hang, drip, drip_head], ids=lambda talk: talk.__name__)
def test_a_system_that_does_not_come_to_an_end_is_slow(
    connected: Connect, talk: Callable[[socket.socket], None]
) -> None:
    """Silence, and a byte at a time in the head or in the content: the deadline is over all of it."""
    with raw_server(talk) as url:
        began = time.monotonic()
        assert ask(connected(declared(url))) == Slow()
        assert DEADLINE - 0.05 <= time.monotonic() - began < DEADLINE + LATE


def test_a_system_that_nobody_reaches_is_slow_or_failed_in_time(connected: Connect) -> None:
    """A full backlog: connecting hangs."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        began = time.monotonic()
        answer = ask(connected(declared(f"http://127.0.0.1:{listening.getsockname()[1]}")))
        assert isinstance(answer, Failed)
        assert "no connection" in answer.reason
        assert time.monotonic() - began < DEADLINE + LATE
        for one in fillers:
            one.close()


@pytest.mark.parametrize("talk", [flood(100), announce], ids=["sent", "announced"])
def test_a_hundred_megabytes_are_not_read(connected: Connect, talk: Callable[[socket.socket], None]) -> None:
    """Neither taken into memory nor waited for."""
    with raw_server(talk) as url:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answer = ask(connected(declared(url)))
        assert answer == Failed("crm: is larger than 1,000,000 bytes")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


@pytest.mark.parametrize(
    ("talk", "why"), [(break_off, "broke off"), (garbage, "broke off")], ids=["half", "another protocol"]
)
def test_half_an_answer_is_none(connected: Connect, talk: Callable[[socket.socket], None], why: str) -> None:
    """Cut off in the middle, or not HTTP at all."""
    with raw_server(talk) as url:
        answer = ask(connected(declared(url)))
        assert isinstance(answer, Failed)
        assert why in answer.reason


def sends(content: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(content) + content)

    return talk


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 400_000,
        b'{"tier": "gold", "points": NaN}',
        b'{"tier": "gold", "points": 1e999999}',
        b'{"tier": "gold", "points": ' + b"9" * 5000 + b"}",
        b'{"tier": "gold", "points": 310',
        b"\xff\xfe{}",
    ],
    ids=["nested", "nan", "huge exponent", "huge integer", "cut", "not utf-8"],
)
def test_content_that_is_no_honest_json_fails(connected: Connect, content: bytes) -> None:
    """Nothing that makes a parser run away or lie comes through."""
    with raw_server(sends(content)) as url:
        assert isinstance(ask(connected(declared(url))), Failed)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((200, b"<html>Maintenance</html>", {"Content-Type": "text/html"}), "does not say that it is JSON"),
        ((200, b"<html>Maintenance</html>"), "is not JSON"),
        ((200, {"error": "no such session"}), "`tier` is not in it"),
        ((200, {"tier": "gold", "points": "310"}), "`points` is text and no number"),
        ((200, {"tier": "gold", "points": 310.5}), "`points` is a number with decimals"),
        ((200, {"tier": "gold", "points": True}), "`points` is true or false"),
        ((200, {"tier": ["gold"], "points": 310}), "`tier` is a list and no code"),
        ((200, {"tier": "gold; DROP", "points": 310}), "`tier` is text and no code"),
        ((200, {"tier": None, "points": 310}), "`tier` is not in it"),
        ((200, [GOOD]), "`tier` is not in it"),
        ((200, b""), "is empty"),
        ((204, b""), "is empty"),
        ((200, {**GOOD}, {"Content-Encoding": "gzip"}), "is compressed"),
        ((400, {"error": "bad"}), "is the status 400"),
        ((403, {}), "does not let us in (403)"),
        ((500, {}), "answers with the status 500"),
        ((503, {}, {"Retry-After": "3600"}), "answers with the status 503"),
    ],
)
def test_a_system_that_lies_is_not_believed(connected: Connect, reply: Any, why: str) -> None:
    """Wrong types, an error page with the status 200, and whatever else is not what was declared."""
    with crm(lambda *_: reply) as system:
        answer = ask(connected(declared(system.url)))
        assert isinstance(answer, Failed)
        assert why in answer.reason
        assert "gold" not in answer.reason.replace("no code", "")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:SECOND/",
        "/elsewhere",
        "file:///etc/passwd",
    ],
)
def test_redirects_are_never_followed(connected: Connect, status: int, place: str) -> None:
    """Neither to an internal address nor to the same system: nobody declared that place."""
    with crm(lambda *_: (200, GOOD)) as second:
        target = place.replace("SECOND", second.url.rpartition(":")[2])
        with crm(lambda *_: (status, b"", {"Location": target})) as system:
            answer = ask(connected(declared(system.url)))
            assert isinstance(answer, Failed)
            assert f"redirects to another place ({status})" in answer.reason
            assert target not in answer.reason
            assert len(system.asked) == 1
        assert second.asked == []


def test_link_local_addresses_are_never_connected_to(
    connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the name resolves to: there the clouds keep their machines' secrets."""
    with crm(lambda *_: (200, GOOD)) as system:
        back_ends = connected(declared(system.url))
        monkeypatch.setattr(socket.socket, "getpeername", lambda _self: ("169.254.169.254", 80))
        answer = ask(back_ends)
        assert answer == Failed("crm: its name leads to an address that is not allowed")
        assert system.asked == []


def test_a_system_is_found_where_its_networks_say_or_not_at_all(connected: Connect) -> None:
    """A name that someone has bent to another machine is not asked."""
    with crm(lambda *_: (200, GOOD)) as system:
        assert isinstance(ask(connected(declared(system.url, "networks: [127.0.0.0/8]"))), Found)
        answer = ask(connected(declared(system.url, "networks: [10.20.0.0/16]")))
        assert answer == Failed("crm: its name leads to an address that is not allowed")


def certificate(folder: Path, names: str) -> Path:
    """A key and a certificate that nobody has signed but itself."""
    file, key = folder / "certificate.pem", folder / "key.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=crm"
    )
    subprocess.run(
        [*command.split(), "-addext", f"subjectAltName={names}", "-keyout", key, "-out", file],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(key.read_text() + file.read_text())
    return both


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate")
@pytest.mark.parametrize(
    ("names", "trusted", "good"),
    [("IP:127.0.0.1", True, True), ("IP:127.0.0.1", False, False), ("DNS:crm.example.com", True, False)],
    ids=["trusted", "of nobody we know", "of another host"],
)
def test_a_system_is_who_it_says_or_is_not_asked(
    connected: Connect, tmp_path: Path, names: str, trusted: bool, good: bool
) -> None:
    """TLS is verified, name and issuer; nothing is sent to whoever cannot prove it."""
    both = certificate(tmp_path, names)
    with crm(lambda *_: (200, GOOD), tls=both) as system:
        more = f"authorities: {tmp_path / 'certificate.pem'}" if trusted else "deadline: 4"
        answer = ask(connected(declared(system.url, more)))
        if good:
            assert isinstance(answer, Found)
        else:
            assert answer == Failed("crm: its certificate or its TLS is not to be trusted")
            assert system.asked == []


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("4571/6", "/customers/4571%2F6/loyalty"),
        ("x?admin=1#", "/customers/x%3Fadmin%3D1%23/loyalty"),
        ("%2e%2e", "/customers/%252e%252e/loyalty"),
        ("{customer_number}", "/customers/%7Bcustomer_number%7D/loyalty"),
        ("{0.__class__}", "/customers/%7B0.__class__%7D/loyalty"),
        ("%s%n$(id)`id`", "/customers/%25s%25n%24%28id%29%60id%60/loyalty"),
        ("' OR 1=1 --", "/customers/%27%20OR%201%3D1%20--/loyalty"),
        ("niña", "/customers/ni%C3%B1a/loyalty"),
    ],
)
def test_what_a_caller_says_stays_one_value_of_the_path(connected: Connect, said: str, path: str) -> None:
    """No slash, query, template or format sign of theirs changes what is asked for."""
    with crm(lambda *_: (200, GOOD)) as system:
        assert isinstance(ask(connected(declared(system.url)), said), Found)
        assert [asked[1] for asked in system.asked] == [path]


@pytest.mark.parametrize("said", ["..", ".", "", " ", "a\r\nX-Evil: 1", "a\x00", "9" * 201])
def test_what_would_lead_elsewhere_is_asked_for_nowhere(connected: Connect, said: str) -> None:
    """Nobody has such a number; the system is not even asked."""
    with crm(lambda *_: (200, GOOD)) as system:
        assert ask(connected(declared(system.url)), said) == Missing()
        assert system.asked == []


def test_a_hanging_system_does_not_hold_up_another_call(connected: Connect) -> None:
    """Each waits for itself; the connections are bounded, and whoever gets none is told in time."""
    with raw_server(hang) as url:
        back_ends = connected(declared(url, "connections: 2, breaker: {failures: 100}"))
        began = time.monotonic()
        asking = [gevent.spawn(ask, back_ends) for _ in range(20)]
        gevent.joinall(asking, timeout=5)
        assert time.monotonic() - began < DEADLINE + LATE
        answers = [one.value for one in asking]
        assert sum(isinstance(one, Slow) for one in answers) == 2
        assert sum(isinstance(one, Failed) and "in use" in one.reason for one in answers) == 18


def test_a_caller_who_hangs_up_gives_the_connection_back(connected: Connect) -> None:
    """The greenlet that asked is killed; the next one is served as if it had never been."""
    holding = Holding()
    with crm(lambda *_: (200, GOOD)) as system, raw_server(holding) as url:
        back_ends = connected(declared(url, "connections: 1"))
        for _ in range(3):
            asking = gevent.spawn(ask, back_ends)
            holding.wait_asked()
            asking.kill()
        assert ask(back_ends) == Slow()
        assert isinstance(ask(connected(declared(system.url))), Found)


def test_a_key_twice_is_no_answer(connected: Connect) -> None:
    """The last would win, and nobody knows whether it is the right one; also deep inside."""
    for content in (
        b'{"tier": "gold", "points": 310, "points": 9}',
        b'{"tier": "gold", "points": 3, "x": [{"a": 1, "a": 1}]}',
    ):
        with raw_server(sends(content)) as url:
            assert ask(connected(declared(url))) == Failed("crm: has a key twice in an object")


@pytest.mark.parametrize("raw", ["1_000.00", "1E3", "١٢٣.٠٠", " 5", "5 ", "+5", "1.", ".5", "NaN", "1,5", ""])
def test_money_in_text_is_digits_and_one_point(raw: str) -> None:
    """What `Decimal` would take besides is no amount that a system writes on purpose."""
    with pytest.raises(NotAsAgreed):
        money_of(raw, "EUR", minor=False)


def test_money_in_text_is_read() -> None:
    """Both ways of writing it."""
    assert money_of("-142.30", "EUR", minor=False) == money_of("-14230", "EUR", minor=True) == -14230


@pytest.mark.parametrize("raw", ["0001-01-01", "9999-12-31", "1899-12-30T00:00:00Z", date(1, 1, 1)])
def test_a_day_that_nobody_means_is_none(raw: object) -> None:
    """How systems write that there is no date: never spoken."""
    with pytest.raises(NotAsAgreed, match="nobody means"):
        typed("date", raw, UTC)


@pytest.mark.parametrize("url", ["http://[::1]", "http://[::ffff:127.0.0.1]"])
def test_an_address_of_ipv6_needs_no_port(url: str) -> None:
    """Its end is not taken for one."""
    assert HttpLink(url, connections=1).host == f"{url.removeprefix('http://')}:80"


def test_metadata_of_the_cloud_are_not_asked_by_way_of_ipv6() -> None:
    """An IPv4 address written as an IPv6 one is the same place."""
    with pytest.raises(NotReached):
        HttpLink("http://[::ffff:169.254.169.254]", connections=1).connect(deadline=DEADLINE)


@pytest.mark.parametrize("raw", ["0001-01-01", date(1, 1, 1)])
def test_a_declared_none_is_absent(raw: object) -> None:
    """And only where the flow was told that it may be."""
    one = FieldOf.model_validate({"type": "date", "optional": True, "none": ["0001-01-01"]})
    assert read_fields({"ends": one}, in_row({"ends": raw}), UTC) == {"ends": None}
    with pytest.raises(ValueError, match="optional: true"):
        FieldOf.model_validate({"type": "date", "none": ["0001-01-01"]})


SAME = "    same: {customer_number: /customer/number}\n"


@pytest.mark.parametrize(
    ("customer", "asked", "good"),
    [
        ({"number": "45716"}, "45716", True),
        ({"number": 45716}, "45716", True),
        ({"number": 45716}, "0045716", True),
        ({"number": " ab-7 "}, "AB-7", True),
        ({"number": "45717"}, "45716", False),
        ({"number": 45717}, "45716", False),
        ({"number": 45716.0}, "45716", False),
        ({"number": True}, "1", False),
        ({"number": None}, "45716", False),
        ({"number": ["45716"]}, "45716", False),
        ({}, "45716", False),
        ("45716", "45716", False),
    ],
)
def test_an_answer_about_somebody_else_is_none(
    connected: Connect, customer: Any, asked: str, good: bool
) -> None:
    """A mixed-up cache, or a search that finds the nearest: nobody hears another one's data."""
    with crm(lambda *_: (200, {**GOOD, "customer": customer})) as system:
        answer = ask(connected(declared(system.url) + SAME), asked)
    assert isinstance(answer, Found if good else Failed)
    if isinstance(answer, Failed):
        assert "45717" not in answer.reason and "customer_number" in answer.reason


def test_what_is_compared_was_asked_by(connected: Connect) -> None:
    """A slip in the file is told with its line."""
    with pytest.raises(FlowsInvalid) as raised:
        connected(declared("http://127.0.0.1:1") + "    same: {number: /number}\n")
    assert "`number` is not in `by`" in str(raised.value.problems[0])
