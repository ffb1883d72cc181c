"""The record of calls: complete, repeatable, clean."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from gevent.threadpool import ThreadPool
from sqlalchemy import Connection, insert

from data.ended_calls import EndedCall
from data.errors import CallUnknown
from data.ids import new_id
from data.models import CallRow
from data.records import SERVER_LOST, CallAnswered, CallRecord, Reading
from data.seeds import seed
from data.sqlite import Sqlite
from data.store import Store
from data.text import MASK
from tests.data.conftest import NODE, NOW, begun, ended, turn
from tests.plans import plans_of


def told(store: Store, **changes: object) -> CallRecord:
    """A call that was begun, as the database gives it back."""
    call = begun(**changes)  # type: ignore[arg-type]  # a table of keyword arguments
    store.calls.begin(call)
    record = store.calls.get(call.call_id)
    assert record is not None
    return record


def test_a_call_comes_back_as_it_was_told(store: Store) -> None:
    """Every field of a call and of its turns survives the way through the database."""
    call = begun(recording="2026/11/23/call.wav")
    store.calls.begin(call)
    store.calls.answered(CallAnswered(call_id=call.call_id, at=NOW + timedelta(seconds=1)))
    turns = (turn(1), turn(2), turn(3))
    store.calls.add_turn(call.call_id, turns[0])
    store.calls.add_turns(call.call_id, turns[1:])
    assert store.calls.finish(ended(call.call_id, language="ca"))

    record = store.calls.get(call.call_id)
    assert record is not None
    told = {field.name: getattr(call, field.name) for field in dataclasses.fields(call)}
    kept = {name: getattr(record, name) for name in told}
    assert kept == {**told, "language": "ca"}
    assert record.answered_at == NOW + timedelta(seconds=1)
    assert record.turns == turns
    assert (record.hangup_cause, record.ended_by, record.outcome) == (
        "NORMAL_CLEARING",
        "caller",
        "balance_told",
    )
    assert record.finished and record.seconds == 120


def test_saying_everything_twice_changes_nothing(store: Store) -> None:
    """The spool and retries may repeat any record; the first one stands."""
    call = begun()
    for attempt in range(2):
        store.calls.begin(dataclasses.replace(call, caller_name=f"attempt {attempt}"))
        store.calls.answered(CallAnswered(call_id=call.call_id, at=NOW + timedelta(seconds=attempt)))
        store.calls.add_turns(call.call_id, (turn(1, text=f"attempt {attempt}"), turn(2)))
        changed = store.calls.finish(ended(call.call_id, outcome=f"attempt {attempt}"))
        assert changed is (attempt == 0)
    record = store.calls.get(call.call_id)
    assert record is not None
    assert record.caller_name == "attempt 0"
    assert record.answered_at == NOW
    assert [one.text for one in record.turns] == ["attempt 0", "turno 2"]
    assert record.outcome == "attempt 0"


def test_a_turn_that_is_new_is_added_beside_known_ones(store: Store) -> None:
    """A repeated batch with one more turn must not be thrown away because of the known ones."""
    call = begun()
    store.calls.begin(call)
    store.calls.add_turns(call.call_id, (turn(1),))
    store.calls.add_turns(call.call_id, (turn(1), turn(2)))
    record = store.calls.get(call.call_id)
    assert record is not None
    assert [one.n for one in record.turns] == [1, 2]


def test_nothing_is_written_about_an_unknown_call(store: Store) -> None:
    """A turn, an answer or an ending without a beginning is reported, so that it can be spooled."""
    stranger = new_id()
    with pytest.raises(CallUnknown, match=str(stranger)):
        store.calls.add_turn(stranger, turn(1))
    with pytest.raises(CallUnknown):
        store.calls.answered(CallAnswered(call_id=stranger, at=NOW))
    with pytest.raises(CallUnknown):
        store.calls.finish(ended(stranger))
    assert store.calls.get(stranger) is None


def test_the_latest_calls_come_first(store: Store) -> None:
    """`latest` orders by the beginning of the call, however the calls were written."""
    ids = [new_id() for _ in range(4)]
    for minute in (2, 0, 3, 1):
        store.calls.begin(begun(ids[minute], started_at=NOW + timedelta(minutes=minute)))
        store.calls.add_turn(ids[minute], turn(minute + 1))
    latest = store.calls.latest(3)
    assert [record.call_id for record in latest] == [ids[3], ids[2], ids[1]]
    assert [record.turns[0].n for record in latest] == [4, 3, 2]
    assert store.calls.latest(0) == store.calls.latest(-1) == ()


def test_what_a_crash_left_open_is_completed_at_the_next_start(store: Store) -> None:
    """No call stays open for ever, its end is the last moment known, and live calls are left alone."""
    silent, talking, other_node, live = (new_id() for _ in range(4))
    store.calls.begin(begun(silent))
    store.calls.begin(begun(talking))
    store.calls.answered(CallAnswered(call_id=talking, at=NOW + timedelta(seconds=2)))
    store.calls.add_turns(talking, (turn(1), turn(9)))
    store.calls.begin(begun(other_node, node_id="node-2"))
    restart = NOW + timedelta(hours=3)
    store.calls.begin(begun(live, started_at=restart + timedelta(seconds=1)))

    assert [r.call_id for r in store.calls.unfinished(NODE)] == [silent, talking, live]
    assert set(store.calls.complete_unfinished(NODE, restart)) == {silent, talking}
    assert store.calls.complete_unfinished(NODE, restart) == ()

    ends = {record.call_id: record for record in store.calls.latest(10)}
    assert ends[silent].hangup_cause == ends[talking].hangup_cause == SERVER_LOST
    assert ends[silent].ended_at == NOW
    assert ends[talking].ended_at == NOW + timedelta(seconds=9)
    assert ends[talking].ended_by == "unknown"
    assert not ends[live].finished and not ends[other_node].finished


def test_a_late_real_ending_replaces_the_guess(store: Store) -> None:
    """`SERVER_LOST` is only assumed; the ending that waited in the spool is what happened."""
    call = begun()
    store.calls.begin(call)
    store.calls.complete_unfinished(NODE, NOW + timedelta(hours=1))
    assert store.calls.finish(ended(call.call_id)) is True
    assert store.calls.finish(ended(call.call_id, hangup_cause=SERVER_LOST)) is False
    record = store.calls.get(call.call_id)
    assert record is not None and record.hangup_cause == "NORMAL_CLEARING"


def test_a_name_cannot_forge_lines_or_flood_the_database(store: Store) -> None:
    """Control characters are never stored, and 10,000 characters of name become 200."""
    record = told(store, caller_name="Eve\r\nvariable_vip: true\x00\x1b[31m\u202e" + "ñ" * 10_000)
    assert record.caller_name.startswith("Eve variable_vip: true[31mñ")
    assert len(record.caller_name) == 200
    assert record.caller_name.isprintable()
    assert told(store, caller_number="+34\x00600\n").caller_number == "+34600"


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE calls; --", "{0.__class__}", "${system(reboot)}", "%s%n", "= 1+1", "\ud800x"]
)
def test_names_are_only_ever_data(store: Store, name: str) -> None:
    """Nothing a caller chooses is executed or expanded, and the table is still there."""
    assert told(store, caller_name=name).caller_name == name.replace("\ud800", "")


def test_a_sensitive_answer_is_masked_before_it_is_anything(sqlite_store: Store) -> None:
    """Neither the record in memory, nor its repr, nor any byte of the database holds the digits."""
    secret = turn(2, text="4929 1034", sensitive=True, kind="keys")
    assert secret.text == MASK and "4929" not in repr(secret)
    call = begun()
    sqlite_store.calls.begin(call)
    sqlite_store.calls.add_turn(call.call_id, secret)
    record = sqlite_store.calls.get(call.call_id)
    assert record is not None and record.turns == (secret,)
    assert isinstance(sqlite_store.database, Sqlite)
    file = sqlite_store.database.file
    files = list(file.parent.glob(file.name + "*"))
    assert files
    assert not any(b"4929" in file.read_bytes() for file in files)


def test_times_without_a_zone_are_refused(store: Store) -> None:
    """A naive time would be some zone's; it must not get as far as the database, by any way."""
    naive = datetime(2026, 11, 23, 9, 0)
    with pytest.raises(ValueError, match="without a zone"):
        begun(started_at=naive)
    with pytest.raises(ValueError, match="without a zone"):
        ended(new_id(), at=naive)
    with pytest.raises(Exception, match="without a zone"), store.database.writing() as connection:
        connection.execute(insert(CallRow).values(id=new_id(), started_at=naive))


def test_times_come_back_in_utc(store: Store) -> None:
    """An instant told in Madrid's winter time is the same instant in UTC."""
    madrid = timezone(timedelta(hours=1))
    record = told(store, started_at=datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=madrid))
    assert record.started_at == datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
    assert record.started_at.utcoffset() == timedelta(0)


def test_words_that_are_not_in_the_list_are_refused() -> None:
    """A misspelt direction or kind would be missing from every report."""
    with pytest.raises(ValueError, match="direction must be one of inbound, outbound"):
        begun(direction="in")
    with pytest.raises(ValueError, match="kind must be one of"):
        turn(1, kind="no-match")
    with pytest.raises(ValueError, match="who must be one of"):
        turn(1, who="agent")
    with pytest.raises(ValueError, match="ended_by must be one of"):
        ended(new_id(), ended_by="me")


def test_a_confidence_that_is_no_number_is_no_confidence(store: Store) -> None:
    """NaN breaks averages, and databases disagree about it."""
    assert turn(1, confidence=float("nan")).confidence is None
    assert turn(1, confidence=0.0).confidence == 0.0


def test_threads_write_side_by_side(store: Store) -> None:
    """The server calls from a pool of real threads: no call is refused, mixed up or lost."""
    calls, threads = 40, 6

    def live(index: int) -> None:
        call = begun(caller_name=f"caller {index}")
        store.calls.begin(call)
        for n in range(1, 6):
            store.calls.add_turn(call.call_id, turn(n, text=f"{index}/{n}"))
        store.calls.finish(ended(call.call_id, outcome=f"outcome {index}"))

    pool = ThreadPool(threads)
    for _ in pool.imap_unordered(live, range(calls)):
        pass
    records = store.calls.latest(calls + 1)
    assert len(records) == calls
    for record in records:
        index = record.caller_name.removeprefix("caller ")
        assert [one.text for one in record.turns] == [f"{index}/{n}" for n in range(1, 6)]
        assert record.outcome == f"outcome {index}"


def test_the_unfinished_calls_are_found_without_reading_all(store: Store) -> None:
    """At every start; a million finished calls must not make it slow (the partial index is used)."""
    plans = plans_of(store, "calls", lambda: store.calls.unfinished(NODE))
    plans += plans_of(store, "calls", lambda: store.calls.complete_unfinished(NODE, NOW))
    assert ["ix_calls_unfinished" in plan for plan in plans] == [True, True]


def test_what_a_call_needs_to_be_played_again_survives(store: Store) -> None:
    """Release, facts, readings with their confidences, keys, what was asked and found, come back as given."""
    call = begun(release=12, caller_facts={"segment": "vip", "visits": 3, "known": True})
    store.calls.begin(call)
    place = {"flow": "balance", "language": "ca"}
    heard = (Reading(text="mi saldo", confidence=0.5), Reading(text="mi salvo", confidence=0.25))
    turns = (
        turn(1, **place),
        turn(2, **place, result="match", by="voice", heard=heard),
        turn(3, **place, who="caller", kind="keys", result="match", by="keys", keys="45716"),
        turn(
            4,
            **place,
            who="system",
            kind="lookup",
            text="account",
            result="found",
            asked={"customer_number": "45716"},
            found={"balance": 14230, "due_date": None, "vip": False, "name": "Lucía"},
        ),
        turn(5, **place, who="system", kind="queue", text="billing", result="timeout"),
    )
    store.calls.add_turns(call.call_id, turns)
    found = store.calls.get(call.call_id)
    assert found is not None
    assert (found.release, found.caller_facts) == (12, call.caller_facts)
    assert found.turns == turns


def test_nothing_of_a_sensitive_answer_is_kept(store: Store) -> None:
    """Neither keys nor readings, nor what a look-up was asked by; the look-up's name is no secret."""
    reading = Reading(text="4929 1034", confidence=0.9)
    keyed = turn(2, text="4929 1034", sensitive=True, keys="49291034", by="keys", heard=(reading,))
    asked = turn(4, who="system", kind="lookup", text="card", sensitive=True, asked={"pan": "49291034"})
    assert (keyed.keys, keyed.heard, keyed.by) == (None, (), "keys")
    assert (asked.text, asked.asked) == ("card", {"pan": "•••"})
    call = begun()
    store.calls.begin(call)
    store.calls.add_turns(call.call_id, (keyed, asked))
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM turns").all()
    assert "4929" not in repr(rows)


def test_calls_with_a_recording_are_found_by_time_and_number(store: Store) -> None:
    """Newest first, from inclusive to exclusive; a number by its end, and never as a pattern."""
    calls = [
        begun(
            started_at=NOW + timedelta(hours=hour), recording=f"{hour}.wav", caller_number=f"+3460000{hour}"
        )
        for hour in range(3)
    ]
    for call in (*calls, begun(recording=None), begun(recording="")):
        store.calls.begin(call)
    ids = [call.call_id for call in reversed(calls)]
    assert [found.call_id for found in store.calls.recorded()] == ids
    assert [found.call_id for found in store.calls.recorded(most=1)] == ids[:1]
    hour = timedelta(hours=1)
    assert [found.recording for found in store.calls.recorded(since=NOW + hour, until=NOW + 2 * hour)] == [
        "1.wav"
    ]
    assert [found.recording for found in store.calls.recorded(caller="0002")] == ["2.wav"]
    assert store.calls.recorded(caller="%") == store.calls.recorded(caller="_") == ()


def test_a_recording_that_was_moved_is_found_there(store: Store) -> None:
    """Only of a call that is known."""
    call = begun(recording="a.wav")
    store.calls.begin(call)
    store.calls.move_recording(call.call_id, "a.mp3")
    found = store.calls.get(call.call_id)
    assert found is not None
    assert found.recording == "a.mp3"
    with pytest.raises(CallUnknown):
        store.calls.move_recording(new_id(), "b.mp3")


def test_whoever_asks_is_told_of_each_end_in_its_transaction(store: Store) -> None:
    """What is known then, with the customer's number; a fault of theirs leaves the call as it was."""
    seed(store, customers=10)
    lucia = store.customers.by_number("45716")
    assert lucia is not None
    told: list[EndedCall] = []
    store.calls.tells(lambda _connection, call: told.append(call))
    out = begun(direction="outbound", destination="+34759000103")
    for call in (begun(), out):
        store.calls.begin(call)
        for _ in range(2):
            store.calls.finish(ended(call.call_id, customer_id=lucia.id, verified="customer"))
    assert [one.number for one in told] == ["+34759000101", "+34759000103"]
    assert (told[0].customer_number, told[0].verified, told[0].guessed) == ("45716", "customer", False)
    assert (told[0].ended - told[0].began).total_seconds() == 120

    def fails(_connection: Connection, _call: EndedCall) -> None:
        raise RuntimeError("no")

    store.calls.tells(fails)
    last = begun()
    store.calls.begin(last)
    with pytest.raises(RuntimeError, match="no"):
        store.calls.finish(ended(last.call_id))
    record = store.calls.get(last.call_id)
    assert record is not None and record.ended_at is None
