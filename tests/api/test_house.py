"""The server itself: slow clients, many requests, proxies, what it costs the calls."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress

import gevent
import pytest

from ivr import moments
from ivr.api.rates import Rates
from ivr.api.roles import Role
from tests.api.conftest import Service, Serving


def test_who_asks_too_often_waits_and_is_told_how_long(serving: Serving) -> None:
    """Each token by itself; the burst, then the rate."""
    service = serving(limits={"per_token": 2})
    one, other = service.token(Role.ADMIN), service.token(Role.ADMIN)
    statuses = [service.ask("/whoami", one).status for _ in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    late = service.ask("/whoami", one)
    assert (late.json["code"], late.headers["Retry-After"]) == ("too_often", "1")
    assert service.ask("/whoami", other).status == 200
    service.wait(0.5)
    assert service.ask("/whoami", one).status == 200
    assert service.ask("/whoami", one).status == 429


def test_who_guesses_tokens_is_held_back_by_address(serving: Serving) -> None:
    """A refusal counts as ten requests; then even a good token waits."""
    service = serving(limits={"per_address": 10})
    statuses = [service.ask("/whoami", "ivr_" + "x" * 43).status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert service.ask("/whoami", service.token(Role.ADMIN)).status == 429
    assert len([one for one in service.store.audit.latest(20) if one.action == "refused"]) == 3


def test_the_memory_of_rates_is_bounded() -> None:
    """Many addresses do not fill it; whoever asks all the time is not forgotten before the others."""
    now = [0.0]
    rates = Rates(1, now=lambda: now[0], most=100)
    for _ in range(3):
        assert rates.take("often") == 0.0
    for n in range(1000):
        rates.take(f"address {n}")
        assert rates.take("often") > 0
    assert len(rates._left) == 100


def connected(service: Service) -> socket.socket:
    link = socket.create_connection(service.http.address, timeout=10)
    link.settimeout(10)
    return link


def test_who_drips_a_request_is_cut_off(serving: Serving) -> None:
    """Byte by byte within every time-out of a single read: the whole head has its limit."""
    service = serving(limits={"request_seconds": 0.3})
    began = time.monotonic()
    with connected(service) as link:
        link.sendall(b"GET /health HTTP/1.1\r\n")

        def drip() -> None:
            while True:
                link.sendall(b"X: y\r\n")
                gevent.sleep(0.05)  # the slow peer itself, who is what is tested

        dripping = gevent.spawn(drip)
        with suppress(ConnectionResetError):
            assert link.recv(1000) == b""
        dripping.kill()
    assert time.monotonic() - began < 5


def test_who_drips_a_body_is_told_that_it_is_too_slow(serving: Serving) -> None:
    """408, and the connection is closed."""
    service = serving(limits={"request_seconds": 0.3})
    with connected(service) as link:
        link.sendall(
            b"POST /flows/check HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 50\r\n\r\n{"
        )
        assert link.recv(2000).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /flows/check HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_request_ends_its_connection_and_nothing_else(serving: Serving, head: bytes) -> None:
    """4xx or silence; the next one is served."""
    service = serving(limits={"request_seconds": 0.5})
    with connected(service) as link:
        link.sendall(head)
        try:
            answer = link.recv(4000)
        except ConnectionResetError:
            answer = b""
    assert not answer or re.match(rb"HTTP/1\.[01] (4\d\d|200) ", answer), answer
    assert service.ask("/health").status == 200


def test_the_address_behind_a_proxy_and_tls(serving: Serving) -> None:
    """Only a proxy of ours is believed, and only the address that it has put there itself."""
    service = serving(limits={"per_address": 1}, proxies=["127.0.0.1/32"], require_tls=True)
    tls = {"X-Forwarded-Proto": "https"}
    plain = service.ask("/whoami", service.token(Role.ADMIN), headers={"X-Forwarded-For": "192.0.2.9"})
    assert (plain.status, plain.json["code"]) == (403, "tls_required")
    assert service.ask("/health", headers={"X-Forwarded-For": "192.0.2.10"}).status == 200

    def ask(forwarded: str) -> int:
        return service.ask("/openapi.json", headers={**tls, "X-Forwarded-For": forwarded}).status

    # What the client has written itself stands on the left, and changes nothing.
    assert [ask(f"198.51.100.{n}, 192.0.2.1") for n in range(4)] == [200, 200, 200, 429]
    assert ask("192.0.2.2") == 200


def test_a_stranger_cannot_say_that_it_is_tls(serving: Serving) -> None:
    """Without proxies, what is forwarded is just a header."""
    service = serving(require_tls=True)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    assert service.ask("/whoami", service.token(Role.ADMIN), headers=headers).status == 403


def test_requests_do_not_hold_up_the_loop_that_lives_calls(service: Service) -> None:
    """While pages are asked for all the time, a greenlet that wants to run every 5 ms mostly can."""
    token = service.token(Role.SUPERVISOR)
    late: list[float] = []
    done = gevent.event.Event()

    def beat() -> None:
        while not done.is_set():
            began = time.monotonic()
            gevent.sleep(0.005)  # the loop's heartbeat, which is what is measured
            late.append(time.monotonic() - began - 0.005)

    beating = gevent.spawn(beat)
    for _ in range(30):
        assert service.ask("/calls", token).status == 200
    done.set()
    beating.join()
    assert sorted(late)[len(late) // 2] < 0.02


def test_metrics_tell_what_happened_and_nobody_who(service: Service) -> None:
    """Counted from the moments of calls; bounded labels; no number of anybody."""
    measures, live = service.rooms.measures, service.rooms.live
    for watch in (measures.watch, live.watch):
        watch(moments.CallBegan("a", "+34600111222", "9100"))
        watch(moments.CallerAnswered("a", "menu", "no_match", "eh", "", "voice", 0.1, "", 0.2, "main"))
        watch(moments.SystemSpoke("a", "menu", "¿Perdone?", (), "es", True))
        watch(moments.CallerAnswered("a", "menu", "match", "saldo", "x", "voice", 0.9, "sure", 0.2, "main"))
        watch(moments.SystemSpoke("a", "tell", "…", (), "es", False))
        watch(moments.LookedUp("a", "look", "balance", "found", 0.04))
        watch(moments.CallBegan("b", "+34600111333", "9100"))
        watch(moments.CallOver("a", "NORMAL_CLEARING", "caller", "balance_told", 20.0, None))
    token = service.token(Role.MONITOR)
    answer = service.ask("/metrics", token)
    text = answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for line in (
        "ivr_calls_active 1.0",
        'ivr_calls_ended_total{by="caller",outcome="balance_told"} 1.0',
        'ivr_answers_total{flow="main",result="no_match"} 1.0',
        'ivr_reprompts_total{flow="main",why="no_match"} 1.0',
        'ivr_lookup_seconds_count{lookup="balance",result="found"} 1.0',
        "ivr_turn_seconds_count 1.0",
        "ivr_database_up 1.0",
        "ivr_spooled_records 0.0",
    ):
        assert line in text, line
    assert "600111222" not in text
    assert service.ask("/calls", token).status == 403
    live_now = service.ask("/calls/live", service.token(Role.SUPERVISOR)).json["calls"]
    assert [one["call_id"] for one in live_now] == ["b"]


def test_labels_of_metrics_are_bounded(service: Service) -> None:
    """A flow that makes ever new outcomes does not fill the memory of two programs."""
    for n in range(300):
        service.rooms.measures.watch(moments.CallOver(str(n), "X", "caller", f"outcome {n}", 1.0, None))
    text = service.rooms.measures.text().decode()
    assert text.count("ivr_calls_ended_total{") == 101
    assert 'ivr_calls_ended_total{by="caller",outcome="other"} 200.0' in text
