"""Agents come, pause and go: the states that are allowed, their history, and what the switch is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.records import AgentContact
from data.store import Store
from ivr.agents.desk import AgentUnknown, Desk, NotNow, TelephoneRefused, Who
from tests.agents.conftest import ME, OUTSIDE, House, Time, plan_of
from tests.agents.known import presence_of
from tests.databases import store_at


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with_schema = store_at(tmp_path / "ivr.sqlite3")
    yield with_schema
    with_schema.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    """Without a switch: the server tells it later."""
    return Desk(store.agents, plan_of()[1], centre=None, now=Time().now)


def test_every_change_is_kept_with_its_reason_and_its_hand(store: Store, desk: Desk) -> None:
    """Also whether the time counts as work, as it was declared that day."""
    desk.check_in("2001", ME)
    desk.pause("2001", "lunch", Who("ana", "api", "until two"))
    desk.pause("2001", "training", Who("agent 2001", "star_code"))
    desk.resume("2001", ME)
    desk.check_out("2001", ME)
    rows = [
        (one.state, one.reason, one.counts_as_work, one.source) for one in store.agents.state_changes("2001")
    ]
    assert rows == [
        ("out", "", False, "cli"),
        ("in", "", True, "cli"),
        ("paused", "training", True, "star_code"),
        ("paused", "lunch", False, "api"),
        ("in", "", True, "cli"),
    ]
    assert store.agents.state_changes("2001")[3].note == "until two"


def test_what_is_so_already_is_noted_once(store: Store, desk: Desk) -> None:
    """Asked twice, by two hands: one row."""
    assert desk.check_in("2001", ME).changed
    assert not desk.check_in("2001", Who("eva", "supervisor")).changed
    assert len(store.agents.state_changes("2001")) == 1


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (lambda desk: desk.pause("2001", "lunch", ME), "not_in"),
        (lambda desk: desk.resume("2001", ME), "not_in"),
        (lambda desk: (desk.check_in("2001", ME), desk.pause("2001", "siesta", ME)), "unknown_reason"),
        (
            lambda desk: (desk.check_in("2001", ME), desk.check_in("2002", ME, telephone="user/1001")),
            "telephone_taken",
        ),
    ],
)
def test_what_is_not_allowed_says_why(desk: Desk, work, reason: str) -> None:
    """A code for flows and the interface, a line with the remedy for people."""
    with pytest.raises(NotNow) as refused:
        work(desk)
    assert refused.value.reason == reason
    assert refused.value.remedy


def test_nobody_of_that_number(desk: Desk) -> None:
    """The remedy names who there is."""
    with pytest.raises(AgentUnknown, match="2001"):
        desk.check_in("201", ME)


def test_an_agent_has_one_telephone(store: Store, desk: Desk) -> None:
    """Who checks in elsewhere is called there, also after a pause; not in the middle of a call; and at their
    own once out."""
    desk.check_in("2001", ME)
    desk.check_in("2001", ME, telephone="user/1007")
    assert desk.roster.contact("2001", presence_of(store, "2001").telephone) == "user/1007"
    desk.pause("2001", "lunch", ME)
    desk.check_in("2001", ME)  # "to check in or go on, press one"
    assert presence_of(store, "2001").telephone == "user/1007"
    with pytest.raises(NotNow, match="user/1007 is 2001's now"):
        desk.check_in("2002", ME, telephone="user/1007")
    now = Time().now()
    contact = AgentContact(
        key="k", queue="billing", leg="l", agent="2001", result="answered", joined_at=now, at=now
    )
    store.agents.note_contact(contact)
    with pytest.raises(NotNow, match="in a call"):
        desk.check_in("2001", ME, telephone="user/1001")
    desk.check_out("2001", ME)
    assert presence_of(store, "2001").telephone == ""
    desk.check_in("2001", ME)
    assert desk.roster.contact("2001", presence_of(store, "2001").telephone) == "user/1001"


def test_a_supervisor_decides_and_it_is_audited(store: Store, desk: Desk) -> None:
    """Whatever the agent has chosen."""
    desk.force("2001", "in", Who("sup", "supervisor", "they are at their desk"), reason="forced")
    desk.force("2001", "paused", Who("sup", "supervisor", "fire drill"), reason="forced")
    assert presence_of(store, "2001").reason == "forced"
    entries = [(one.who, one.action, one.why) for one in store.audit.latest(2)]
    assert entries == [("sup", "force", "fire drill"), ("sup", "force", "they are at their desk")]


def test_the_switch_is_told_at_once(home: House) -> None:
    """Status and telephone; it was told where it could be asked."""
    assert home.desk.check_in("2001", ME, telephone="user/1007").on_switch
    row = home.line.centre.agents()["2001@ivr"]
    assert (row.status, row.contact) == ("Available", "[leg_timeout=20]user/1007@ivr")
    home.desk.pause("2001", "lunch", ME)
    assert home.line.centre.agents()["2001@ivr"].status == "On Break"
    home.desk.check_out("2001", ME)
    row = home.line.centre.agents()["2001@ivr"]
    assert (row.status, row.contact) == ("Logged Out", "[leg_timeout=20]user/1001@ivr")


def test_a_switch_that_began_anew_is_told_who_is_there(home: House) -> None:
    """It has forgotten everybody's state; the database has not."""
    home.desk.check_in("2001", ME)
    home.agent("2001").status = "Logged Out"
    assert home.watchdog.attend() == 1
    assert home.agent("2001").status == "Available"
    assert home.watchdog.attend() == 0


def test_the_switchs_own_hold_off_is_followed(home: House) -> None:
    """It has put somebody on a break who did not answer: the database follows, and does not undo it."""
    home.desk.check_in("2001", ME)
    agent = home.agent("2001")
    agent.set_to["max_no_answer"], agent.no_answers = "3", 3
    home.switch.call_centre.set_status(agent, "On Break")
    home.settled(lambda: presence_of(home.store, "2001").state == "paused", "the pause")
    assert presence_of(home.store, "2001").reason == "not_answering"
    assert home.watchdog.attend() == 0
    home.desk.resume("2001", ME)
    assert (agent.status, agent.no_answers) == ("Available", 0)


@pytest.mark.parametrize(
    "telephone",
    [
        "sofia/gateway/trunk/+34803123456",
        "loopback/+447911123456",
        "user/1007|sofia/gateway/trunk/0034803123456",
        "[leg_timeout=1]user/1007",
        "{origination_caller_id_number=1}user/1007",
        "user/1007@elsewhere",
        "user/1007 &echo",
        "user/1007\n",
        "+34803123456",
        "+447911123456",
        "0034911000111",
        "١٠٠٧",
    ],
)
def test_nobody_is_called_where_the_operator_does_not_allow_it(
    store: Store, desk: Desk, telephone: str
) -> None:
    """Toll fraud: neither another way of the switch, nor premium, nor foreign; and nothing is changed."""
    with pytest.raises(TelephoneRefused, match=r"agents\.outside") as refused:
        desk.check_in("2001", ME, telephone=telephone)
    assert "\n" not in str(refused.value)
    assert store.agents.presence("2001") is None


def test_what_the_operator_allows_is_called(home: House) -> None:
    """A telephone of the house, an allowed number, one's own; and no more once it is taken off the list."""
    for telephone in ("user/1007", OUTSIDE, "user/1001"):
        assert home.desk.check_in("2001", ME, telephone=telephone).on_switch
        dialled = home.line.centre.agents()["2001@ivr"].contact
        assert dialled.endswith(telephone if telephone == OUTSIDE else f"{telephone}@ivr")
    home.desk.check_in("2001", ME, telephone=OUTSIDE)
    stricter = replace(home.roster, allowed=frozenset())
    assert stricter.contact("2001", OUTSIDE) == "user/1001"
