"""Appointments: free slots as callers hear them, and places that nobody gets twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from gevent.threadpool import ThreadPool
from sqlalchemy import delete, func, select, update

from data import luhn
from data.errors import RecordRefused
from data.ids import new_id
from data.models import AppointmentChangeRow, AppointmentRow, AppointmentSlotRow
from data.records import Appointment, Refused, Request
from data.seeds import seed
from data.store import Store
from tests.data.conftest import NOW

ASKED = Request(at=NOW)
HOUR = timedelta(hours=1)
PEOPLE = ("45716", "12807", "30460", "77024", "65193", "29389", "81646")


@pytest.fixture
def seeded(store: Store) -> Store:
    """People without the slots and appointments that come with them."""
    seed(store, customers=10)
    with store.database.writing() as connection:
        for table in (AppointmentChangeRow, AppointmentRow, AppointmentSlotRow):
            connection.execute(delete(table))
    return store


def offer(store: Store, begins_at: datetime = NOW + HOUR, *, capacity: int = 1, site: str = "Girona") -> UUID:
    return store.appointments.offer(
        "technician", begins_at, site=site, zone="Europe/Madrid", minutes=60, capacity=capacity
    )


def taken(store: Store) -> dict[UUID, int]:
    with store.database.reading() as connection:
        rows = connection.execute(select(AppointmentSlotRow.id, AppointmentSlotRow.taken)).all()
    return {row.id: row.taken for row in rows}


def booked(answer: object) -> Appointment:
    assert isinstance(answer, Appointment)
    return answer


def test_free_slots_are_those_with_a_place_in_time(seeded: Store) -> None:
    """Not the full ones, not another service's, not before or after; the earliest first."""
    full, second, first = offer(seeded), offer(seeded, NOW + 3 * HOUR), offer(seeded, NOW + 2 * HOUR)
    other = offer(seeded, NOW + 2 * HOUR, site="Vic")
    offer(seeded, NOW - HOUR)
    offer(seeded, NOW + 9 * HOUR)
    booked(seeded.appointments.book("45716", full, ASKED))
    free = seeded.appointments.free("technician", since=NOW, until=NOW + 9 * HOUR, most=9)
    assert [slot.id for slot in free] == [first, other, second]
    assert (free[0].begins_at, free[0].minutes, free[0].places) == (NOW + 2 * HOUR, 60, 1)
    in_vic = seeded.appointments.free("technician", since=NOW, site="Vic", most=9)
    assert [slot.id for slot in in_vic] == [other]
    assert seeded.appointments.free("hairdresser", since=NOW) == ()
    assert len(seeded.appointments.free("technician", since=NOW, most=2)) == 2


def test_an_appointment_is_booked_moved_and_cancelled(seeded: Store) -> None:
    """Its place goes with it, its reference stays, and each step is on record."""
    first, second = offer(seeded), offer(seeded, NOW + 2 * HOUR)
    mine = booked(seeded.appointments.book("45716", first, ASKED, note="el timbre no va"))
    assert len(mine.appointment_number) == 8 and luhn.is_valid(mine.appointment_number)
    assert (mine.status, mine.begins_at, mine.site, mine.note) == (
        "booked",
        NOW + HOUR,
        "Girona",
        "el timbre no va",
    )
    assert taken(seeded) == {first: 1, second: 0}
    moved = booked(seeded.appointments.move(mine.appointment_number, second, ASKED, of="45716"))
    assert (moved.appointment_number, moved.begins_at) == (mine.appointment_number, NOW + 2 * HOUR)
    assert taken(seeded) == {first: 0, second: 1}
    assert seeded.appointments.of_customer("45716", since=NOW) == (moved,)
    gone = booked(seeded.appointments.cancel(mine.appointment_number, ASKED, of="45716"))
    assert gone.status == "cancelled"
    assert taken(seeded) == {first: 0, second: 0}
    assert seeded.appointments.of_customer("45716", since=NOW) == ()
    with seeded.database.reading() as connection:
        steps = connection.execute(select(AppointmentChangeRow).order_by(AppointmentChangeRow.n)).all()
    assert [(step.n, step.kind, step.begins_at) for step in steps] == [
        (1, "booked", NOW + HOUR),
        (2, "moved", NOW + 2 * HOUR),
        (3, "cancelled", NOW + 2 * HOUR),
    ]


def test_why_a_booking_is_refused(seeded: Store) -> None:
    """Each reason has its code, and no place is lost by any of them."""
    slot, gone = offer(seeded), offer(seeded, NOW - HOUR)
    book = seeded.appointments.book
    assert book("99999", slot, ASKED) == Refused("unknown")
    assert book("45716", new_id(), ASKED) == Refused("unknown")
    assert book("45716", gone, ASKED) == Refused("past")
    booked(book("45716", slot, ASKED))
    assert book("45716", slot, ASKED) == Refused("already")
    assert book("12807", slot, ASKED) == Refused("taken")
    assert taken(seeded) == {slot: 1, gone: 0}


def test_why_a_change_is_refused(seeded: Store) -> None:
    """Somebody else's, none, over, or cancelled: told by a code, and everything stays."""
    slot, full = offer(seeded), offer(seeded, NOW + 2 * HOUR)
    booked(seeded.appointments.book("12807", full, ASKED))
    mine = booked(seeded.appointments.book("45716", slot, ASKED)).appointment_number
    move, cancel = seeded.appointments.move, seeded.appointments.cancel
    assert move(mine, full, ASKED) == Refused("taken")
    assert move(mine, slot, ASKED) == Refused("already")
    assert move(mine, full, ASKED, of="12807") == Refused("unknown")
    assert cancel(mine, ASKED, of="12807") == Refused("unknown")
    assert cancel("10000009", ASKED) == Refused("unknown")
    assert cancel(mine, Request(at=NOW + HOUR)) == Refused("past")
    assert taken(seeded) == {slot: 1, full: 1}
    booked(cancel(mine, ASKED))
    assert cancel(mine, ASKED) == Refused("cancelled")
    assert move(mine, full, ASKED) == Refused("cancelled")
    assert taken(seeded) == {slot: 0, full: 1}


def test_the_same_key_books_once(seeded: Store) -> None:
    """A request that is made again gets the appointment of the first time."""
    slot = offer(seeded, capacity=5)
    keyed = Request(at=NOW, key="call-1:book")
    first = seeded.appointments.book("45716", slot, keyed)
    assert seeded.appointments.book("45716", slot, keyed) == first
    assert taken(seeded) == {slot: 1}


def test_the_last_places_go_to_as_many_as_there_are(seeded: Store) -> None:
    """Seven people at once for three places: three have one, four are told."""
    slot = offer(seeded, capacity=3)
    pool = ThreadPool(len(PEOPLE))
    answers = pool.map(lambda who: seeded.appointments.book(who, slot, ASKED), PEOPLE)
    pool.kill()
    assert sorted(str(isinstance(one, Appointment) or one) for one in answers) == sorted(
        ["True"] * 3 + [str(Refused("taken"))] * 4
    )
    assert taken(seeded) == {slot: 3}


def test_one_person_who_asks_often_gets_one_place(seeded: Store) -> None:
    """Six requests of one caller at once for one slot with room for all."""
    slot = offer(seeded, capacity=9)
    pool = ThreadPool(6)
    answers = pool.map(lambda _: seeded.appointments.book("45716", slot, ASKED), range(6))
    pool.kill()
    assert [one for one in answers if isinstance(one, Refused)] == [Refused("already")] * 5
    assert taken(seeded) == {slot: 1}


def test_people_who_change_places_with_each_other_never_wait_for_ever(seeded: Store) -> None:
    """Moves in both directions at once: all end, and the places agree with the appointments."""
    # Room for all in either: whoever comes before another has gone is not refused for want of a place.
    room = len(PEOPLE)
    one, two = offer(seeded, capacity=room), offer(seeded, NOW + 2 * HOUR, capacity=room)
    mine = [
        booked(seeded.appointments.book(who, (one, two)[n % 2], ASKED)).appointment_number
        for n, who in enumerate(PEOPLE)
    ]
    pool = ThreadPool(len(PEOPLE))
    answers = pool.map(
        lambda n: seeded.appointments.move(mine[n], (two, one)[n % 2], ASKED), range(len(PEOPLE))
    )
    pool.kill()
    assert all(isinstance(answer, Appointment) for answer in answers)
    counted = select(AppointmentRow.slot_id, func.count()).group_by(AppointmentRow.slot_id)
    with seeded.database.reading() as connection:
        places = {row.slot_id: row.count for row in connection.execute(counted)}
    assert taken(seeded) == places


def test_the_table_itself_refuses_too_many(seeded: Store) -> None:
    """Whatever a program, an import or a person at the database does."""
    slot = offer(seeded)
    for wrong in (2, -1):
        with pytest.raises(RecordRefused), seeded.database.writing() as connection:
            connection.execute(
                update(AppointmentSlotRow).where(AppointmentSlotRow.id == slot).values(taken=wrong)
            )


def test_a_slot_that_is_offered_again_is_the_same(seeded: Store) -> None:
    """A calendar that is imported every night: places change, appointments stay."""
    slot = offer(seeded)
    booked(seeded.appointments.book("45716", slot, ASKED))
    assert offer(seeded, capacity=2) == slot
    booked(seeded.appointments.book("12807", slot, ASKED))
    with pytest.raises(RecordRefused):
        offer(seeded, capacity=1)
    assert taken(seeded) == {slot: 2}
