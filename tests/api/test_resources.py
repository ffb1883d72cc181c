"""What the API tells of calls, people and things: right, in pages, and on record."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import select

from data.ids import new_id
from data.models import AuditRow, CustomerRow
from data.records import (
    AgentContact,
    Booking,
    CallAnswered,
    CallBegun,
    CallEnded,
    CallStep,
    Closing,
    Consent,
    Errand,
    NewTicket,
    Turn,
)
from data.store import Store
from ivr.api.roles import Role
from tests.api.conftest import NOW, Service, Serving

SECRET = "8642"


@pytest.fixture
def staffed(serving: Serving) -> Iterator[Service]:
    yield serving(customers=20)


def a_call(store: Store, minutes_ago: float = 10.0, **other: Any) -> UUID:
    """A finished call with a sensitive answer, a look-up, and a way through the flow."""
    call_id, began = new_id(), NOW - timedelta(minutes=minutes_ago)
    begun = {"switch_uuid": str(new_id()), "caller_number": "+34600111222", "recording": None} | other
    store.calls.begin(
        CallBegun(
            call_id=call_id,
            direction="inbound",
            caller_name="Ana",
            destination="9100",
            language="es",
            started_at=began,
            node_id="here:8040",
            flow="main",
            flow_version="1",
            **begun,
        )
    )
    store.calls.answered(CallAnswered(call_id=call_id, at=began + timedelta(seconds=1)))
    turns = [
        Turn(n=1, at_ms=1200, who="system", step="ask_pin", text="Su PIN, por favor", kind="said"),
        Turn(
            n=2,
            at_ms=5000,
            who="caller",
            step="ask_pin",
            text=SECRET,
            kind="keys",
            sensitive=True,
            keys=SECRET,
        ),
        Turn(
            n=3,
            at_ms=5200,
            who="system",
            step="look",
            text="balance",
            kind="lookup",
            result="found",
            latency_ms=87,
            asked={"pin": SECRET},
            found={"owed": 14230},
            sensitive=True,
        ),
        Turn(n=4, at_ms=6000, who="system", step="tell", text="Debe 142,30 €", kind="said", latency_ms=310),
    ]
    store.calls.add_turns(call_id, turns)
    path = (CallStep(flow="main", step="ask_pin", language="es", left_by="match", no_input=0, no_match=1),)
    store.calls.finish(
        CallEnded(
            call_id=call_id,
            at=began + timedelta(seconds=20),
            hangup_cause="NORMAL_CLEARING",
            ended_by="caller",
            outcome="balance_told",
            path=path,
        )
    )
    return call_id


def audited(service: Service, action: str = "read") -> list[Any]:
    return [one for one in service.store.audit.latest(50) if one.action == action]


def test_calls_come_in_pages_newest_first_and_none_twice(service: Service) -> None:
    """Also where several began at the same instant, and while new ones come in."""
    ids = [a_call(service.store, minutes) for minutes in (5, 4, 4, 4, 3)]
    token, seen, cursor = service.token(Role.SUPERVISOR), [], ""
    for _ in range(10):
        page = service.ask(f"/calls?limit=2{cursor}", token).json
        seen += [one["call_id"] for one in page["entries"]]
        a_call(service.store, 1)  # meanwhile
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(seen) == sorted(map(str, ids))
    assert page["entries"][0]["caller_number"] == "•••222"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "cursor=%00",
        "cursor=MjAyNg",
        "since=yesterday",
        "colour=red",
        "since=2026-11-22",
    ],
)
def test_a_query_that_makes_no_sense_is_422_and_says_which_part(service: Service, query: str) -> None:
    """What is not known is a mistake, and not ignored."""
    answer = service.ask(f"/calls?{query}", service.token(Role.SUPERVISOR))
    assert answer.status == 422
    assert answer.json["code"] in ("unfit", "cursor")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_calls_by_outcome_and_time(service: Service) -> None:
    """Both ends of the time, and one outcome."""
    a_call(service.store, 30)
    wanted = a_call(service.store, 20)
    a_call(service.store, 10)
    since, until = NOW - timedelta(minutes=25), NOW - timedelta(minutes=15)
    query = f"since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}&outcome=balance_told"
    page = service.ask(f"/calls?{query}", service.token(Role.SUPERVISOR)).json
    assert [one["call_id"] for one in page["entries"]] == [str(wanted)]


def test_a_call_with_its_turns_and_steps_and_no_secret(service: Service) -> None:
    """What was sensitive is masked; who looked is on record before they are told."""
    call_id = a_call(service.store)
    answer = service.ask(f"/calls/{call_id}", service.token(Role.SUPERVISOR, name="wallboard"))
    told = answer.json
    assert SECRET.encode() not in answer.body
    kinds = [one["kind"] for one in told["events"]]
    assert kinds == ["rang", "answered", "said", "keys", "lookup", "said", "hung_up"]
    lookup = told["events"][4]
    assert (lookup["name"], lookup["result"], lookup["took_ms"]) == ("balance", "found", 87)
    assert told["events"][5]["text"] == "Debe 142,30 €"
    assert told["steps"][0]["no_match"] == 1
    (entry,) = audited(service)
    assert (entry.who, entry.call_id) == ("api:wallboard", call_id)


def test_a_trace_tells_times_and_no_words(service: Service) -> None:
    """A designer sees what happened, and not what was said."""
    call_id = a_call(service.store)
    told = service.ask(f"/calls/{call_id}/trace", service.token(Role.DESIGNER)).json
    assert {one["text"] for one in told["events"]} == {""}
    assert [one["after_ms"] for one in told["events"]] == [0, 1000, 1200, 5000, 5200, 6000, 20_000]


def test_a_trace_tells_what_agents_did(service: Service) -> None:
    """In its place among the rest: one who did not answer, one who did and gave an outcome; by the leg the
    call is found."""
    leg = str(new_id())
    call_id = a_call(service.store, switch_uuid=leg)
    began = NOW - timedelta(minutes=10)
    for key, agent, after, result in (("m", "1001", 7, "missed"), ("a", "1002", 9, "answered")):
        at = began + timedelta(seconds=after)
        told = {"key": key, "queue": "billing", "leg": leg, "agent": agent, "result": result}
        service.store.agents.note_contact(AgentContact(joined_at=began, at=at, **told))  # type: ignore[arg-type]  # by their names
    over = began + timedelta(seconds=15)
    contact = service.store.agents.contact_ended("a", at=over, wrap_up_until=over)
    assert contact is not None
    service.store.agents.close(Closing(contact_id=contact.id, at=over, by="1002", outcome="solved"))
    token = service.token(Role.SUPERVISOR)
    events = service.ask(f"/calls/{call_id}", token).json["events"]
    agents = [
        (one["after_ms"], one["kind"], one["name"], one["result"], one["took_ms"])
        for one in events
        if one["kind"].startswith("agent")
    ]
    assert agents == [
        (7000, "agent", "1001", "missed", None),
        (9000, "agent", "1002", "answered", None),
        (15_000, "agent_over", "1002", "solved", 6000),
    ]
    assert [one["after_ms"] for one in events] == sorted(one["after_ms"] for one in events)
    (line,) = service.ask(f"/calls?leg={leg}", token).json["entries"]
    assert line["call_id"] == str(call_id)
    assert service.ask(f"/calls?leg={new_id()}", token).json["entries"] == []


def test_a_call_is_found_by_the_call_id_of_its_invite(service: Service) -> None:
    """As the trunk's people have it, with whatever stands in it; the trace tells it, too."""
    token = service.token(Role.SUPERVISOR)
    of_trunk = "a84b4c76e66710@sbc.example.net?x=1&y"
    call_id = a_call(service.store, sip_call_id=of_trunk)
    a_call(service.store)
    (line,) = service.ask(f"/calls?{urlencode({'sip_call_id': of_trunk})}", token).json["entries"]
    assert line["call_id"] == str(call_id)
    assert service.ask(f"/calls/{call_id}", token).json["sip_call_id"] == of_trunk
    assert service.ask("/calls?sip_call_id=another", token).json["entries"] == []


def test_what_is_not_there_is_404(service: Service) -> None:
    """An unknown call, a path that is none, a method that it does not take."""
    token = service.token(Role.ADMIN)
    assert service.ask(f"/calls/{new_id()}", token).status == 404
    assert service.ask("/calls/not-an-id", token).json["code"] == "not_found"
    answer = service.ask("/calls", token, method="DELETE")
    assert (answer.status, answer.json["code"]) == (405, "method")
    assert "GET" in answer.headers["Allow"]


def test_callbacks_are_listed_and_cancelled(service: Service) -> None:
    """Cancelled once; then it is over, and says so."""
    booking = Booking(queue="billing", number="+34600111222", language="es", joined_at=NOW, at=NOW)
    one, _ = service.store.callbacks.book(booking)
    token = service.token(Role.COORDINATOR, name="desk")
    (line,) = service.ask("/callbacks?queue=billing", token).json["entries"]
    assert (line["id"], line["state"]) == (str(one.id), "waiting")
    done = service.ask(f"/callbacks/{one.id}/cancel", token, method="POST", body={"why": "reached by mail"})
    assert (done.status, done.json["state"]) == (200, "cancelled")
    again = service.ask(f"/callbacks/{one.id}/cancel", token, method="POST", body={"why": "again"})
    assert (again.status, again.json["code"]) == (409, "over")
    assert service.ask("/callbacks", token).json["entries"] == []
    assert len(service.ask("/callbacks?ended=true", token).json["entries"]) == 1
    assert service.store.callbacks.get(one.id).last_result == "reached by mail (api:desk)"  # type: ignore[union-attr] # it is there
    assert service.ask(f"/callbacks/{new_id()}/cancel", token, method="POST", body={"why": "x"}).status == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"why=x", {"Content-Type": "text/plain"}, 415),
        (b"[]", {"Content-Type": "application/json"}, 422),
        (b'"why"', {"Content-Type": "application/json"}, 422),
        (b"null", {"Content-Type": "application/json"}, 422),
        (b'{"why": ""}', {"Content-Type": "application/json"}, 422),
        (b'{"why": "x", "who": "y"}', {"Content-Type": "application/json"}, 422),
        (b'{"why": "\xff"}', {"Content-Type": "application/json"}, 400),
        (b"", {}, 422),
        (b'{"why": "' + b"x" * 70_000 + b'"}', {"Content-Type": "application/json"}, 413),
        (b"[" * 60_000, {"Content-Type": "application/json"}, 400),
    ],
)
def test_a_body_that_is_not_what_is_asked_for(
    service: Service, body: bytes, headers: dict[str, str], status: int
) -> None:
    """Each has its status and a problem; none is a fault of ours."""
    token = service.token(Role.COORDINATOR)
    answer = service.ask(f"/callbacks/{new_id()}/cancel", token, method="POST", body=body, headers=headers)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == status


def test_cases_by_reference(staffed: Service) -> None:
    """With their history; whose it is is on record."""
    with staffed.store.database.reading() as connection:
        person = connection.execute(select(CustomerRow).limit(1)).one()
    new = NewTicket(at=NOW, subject="Sin línea", customer_number=person.customer_number)
    reference = staffed.store.tickets.open(new)
    token = staffed.token(Role.COORDINATOR)
    listed = staffed.ask("/cases?limit=1", token).json
    assert listed["entries"][0]["customer_number"] == person.customer_number
    assert listed["entries"][0]["ticket_number"] == reference
    told = staffed.ask(f"/cases/{reference}", token).json
    assert told["subject"] == "Sin línea"
    with staffed.store.database.reading() as connection:
        rows = connection.execute(select(AuditRow).where(AuditRow.customer_id == person.id)).all()
    assert [row.action for row in rows] == ["read"]
    assert staffed.ask("/cases/00000000", token).status == 404


def test_consents_with_their_evidence(service: Service) -> None:
    """The list tells that there is evidence; the consent what was read and answered."""
    kept = service.store.consents.note(
        Consent(
            kind="recording",
            given=True,
            terms_version="3",
            text="¿Acepta?",
            answer="sí",
            language="es",
            at=NOW,
            e164="+34600111222",
            clip="2026/11/a.wav",
            clip_sha256="0" * 64,
        )
    )
    token = service.token(Role.COORDINATOR)
    (line,) = service.ask("/consents?kind=recording", token).json["entries"]
    assert line["evidence"] is True
    assert "answer" not in line
    assert service.ask(f"/consents/{kept}", token).json["answer"] == "sí"


def test_messages_and_the_outbox(service: Service) -> None:
    """That they are there, never what they say."""
    errand = Errand(kind="sms", target="sms", body={"text": "Su PIN es 8642"}, idempotency_key="a", at=NOW)
    service.store.messages.send(errand, recipient="+34600111222", template="main.tell", limits={})
    token = service.token(Role.COORDINATOR)
    answer = service.ask("/messages", token)
    assert answer.json["entries"][0]["recipient"] == "•••222"
    assert b"8642" not in answer.body
    assert service.ask("/outbox", token).json["waiting"] == 1


def recorded(service: Service, seconds: int = 2) -> tuple[UUID, bytes]:
    folder = service.rooms.settings.recordings_folder
    folder.mkdir(parents=True, exist_ok=True)
    call_id = a_call(service.store, recording="call.wav")
    with wave.open(str(folder / "call.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * (seconds * 125))
    return call_id, (folder / "call.wav").read_bytes()


def test_a_recording_whole_and_in_parts(service: Service) -> None:
    """As HTTP has it: 200, 206 with its place, 416; each hearing is on record."""
    call_id, sound = recorded(service)
    token, path = service.token(Role.SUPERVISOR), f"/recordings/{call_id}/sound"
    whole = service.ask(path, token)
    assert (whole.status, whole.headers["Content-Type"], whole.body) == (200, "audio/wav", sound)
    part = service.ask(path, token, headers={"Range": "bytes=44-143"})
    assert (part.status, part.body) == (206, sound[44:144])
    assert part.headers["Content-Range"] == f"bytes 44-143/{len(sound)}"
    last = service.ask(path, token, headers={"Range": "bytes=-10"})
    assert last.body == sound[-10:]
    beyond = service.ask(path, token, headers={"Range": f"bytes={len(sound)}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(sound)}")
    assert [one.call_id for one in audited(service, "play")] == [call_id] * 3
    (line,) = service.ask("/recordings", token).json["entries"]
    assert line["call_id"] == str(call_id)


def test_a_record_that_names_a_file_elsewhere_is_not_played(service: Service, tmp_path: Path) -> None:
    """Whoever changed the database reads no other file through us."""
    (tmp_path / "secret.wav").write_bytes(b"secret")
    call_id = a_call(service.store, recording="../secret.wav")
    answer = service.ask(f"/recordings/{call_id}/sound", service.token(Role.SUPERVISOR))
    assert answer.status == 404
    assert str(tmp_path).encode() not in answer.body


def test_health_and_readiness_need_no_token(service: Service) -> None:
    """And readiness tells by a code what is wrong."""
    assert service.ask("/health").json == {"status": "ok"}
    assert service.ask("/ready").json == {"ready": True}
    service.rooms.trouble = lambda: ("stopping",)
    stopping = service.ask("/ready")
    assert (stopping.status, stopping.json["detail"]) == (503, "stopping")


def test_without_the_database_it_is_503_and_ready_says_so(service: Service, tmp_path: Path) -> None:
    """One line for whoever asks, the reason in the log."""
    token = service.token(Role.SUPERVISOR)
    service.store.close()
    for file in tmp_path.glob("ivr.sqlite3*"):
        file.unlink()
    tmp_path.joinpath("ivr.sqlite3").mkdir()
    answer = service.ask("/calls", token)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert str(tmp_path).encode() not in answer.body
    assert service.ask("/ready").status == 503
    assert service.ask("/health").status == 200
