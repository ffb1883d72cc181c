"""`callbacks.first: agent`: an agent is on the line before the customer is called."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from data.store import Store
from esl import commands
from esl.embedded.scripted_callee import ScriptedCallee
from esl.inbound import InboundConnection
from ivr.living.voicing import one_moments
from ivr.queueing.callback_rules import CallbackSettings
from ivr.stage import Stage
from tests.calls.called_back import Watched, asked_for, kept, record_of, records_of, tried, write_flows
from tests.calls.conftest import settings_in

AGENT = "agent"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("agent_first")
    write_flows(folder)
    settings = settings_in(folder, engine="none")
    own = {"callbacks": CallbackSettings(first="agent", ring=10), "prompts": folder / "prompts"}
    settings = settings.model_copy(update=own)
    with Stage(settings, agent_talks_for=1.0) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


def test_nothing_is_synthesised_before_somebody_hears_it(stage: Stage) -> None:
    """With `speech.prepare: false`: neither what flows say, nor what is said to those who are called back;
    only what is said while another sentence is waited for."""
    assert not stage.settings.speech.prepare
    made = {file.name for file in stage.settings.prompts_folder.rglob("*.wav")}
    prompts = stage.server.rooms.voice.prompts
    assert made == {"hold_music.wav", *(prompts.file_of(one).name for one in one_moments(["es"]))}


def test_the_customer_is_called_for_an_agent_who_waits(stage: Stage) -> None:
    """An agent is offered them at their place; they press one, and the two talk at once. It is one record,
    and the story went to the agent before the customer was rung."""
    number, watched = "+34600111222", Watched()
    telephone = asked_for(stage, number)
    stage.watch_caller(number, watched)
    telephone.wait_for_call(20)
    telephone.answer()
    watched.press_one(telephone)
    assert watched.handed.wait(15)
    assert telephone.wait_hangup(15)
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("reached", "reached", 1)
    record = record_of(stage, number)
    kinds = [turn.kind for turn in record.turns if turn.kind in ("handover", "said", "queue")]
    assert kinds[0] == "handover" and kinds[-1] == "queue"
    assert record.outcome == "handed_over"


def test_busy_lets_the_agent_go(stage: Stage) -> None:
    """The customer is tried later by what the telephone says, and the agent is free again."""
    number = "+34600111444"
    telephone = asked_for(stage, number)
    telephone.wait_for_call(20)
    telephone.refuse("USER_BUSY")
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("waiting", "busy", 1)
    stage.wait_until_idle()
    (record,) = records_of(stage, number)
    assert (record.outcome, record.recording) == ("not_reached", "")


def desk_of(stage: Stage) -> ScriptedCallee:
    """The agent's telephone: from here on they answer themselves."""
    assert stage.switch is not None
    desk = ScriptedCallee(stage.switch.addresses.lines, number=AGENT)
    desk.join()
    return desk


def test_an_agent_who_declines_calls_nobody(stage: Stage) -> None:
    """The next offer is theirs again; only then the customer is rung. Whose it is, they see."""
    number = "+34600111555"
    first = desk_of(stage)
    telephone = asked_for(stage, number)
    shown = first.wait_for_call(20)
    assert (shown.number, shown.name) == (number, number)
    first.refuse("CALL_REJECTED")
    assert not telephone.called.is_set()
    second = desk_of(stage)
    second.wait_for_call(20)
    assert kept(stage, number).state == "claimed" and not telephone.called.is_set()
    second.answer()
    telephone.wait_for_call(20)
    telephone.refuse("NO_ANSWER")
    assert second.wait_hangup(20)
    callback = tried(stage, number)
    assert (callback.last_result, callback.tries) == ("no_answer", 1)


def test_the_agent_hangs_up_while_it_rings(stage: Stage) -> None:
    """The customer's telephone is quiet, and they are called again soon: they had no part in it."""
    number = "+34600111666"
    desk = desk_of(stage)
    telephone = asked_for(stage, number)
    desk.wait_for_call(20)
    desk.answer()
    telephone.wait_for_call(20)
    telephone.ring()
    desk.hang_up()
    assert telephone.wait_hangup(20)
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("waiting", "dropped", 1)


def test_the_agent_hangs_up_while_the_customer_is_greeted(stage: Stage) -> None:
    """They wait at the head of the queue, and the next who answers has them."""
    number, watched = "+34600111777", Watched()
    desk = desk_of(stage)
    telephone = asked_for(stage, number)
    stage.watch_caller(number, watched)
    desk.wait_for_call(20)
    desk.answer()
    telephone.wait_for_call(20)
    telephone.answer()
    assert watched.asked.wait(15)
    desk.hang_up()
    again = desk_of(stage)
    watched.press_one(telephone)
    again.wait_for_call(30)
    again.answer()
    assert watched.handed.wait(20)
    telephone.hang_up()
    assert again.wait_hangup(20)
    assert tried(stage, number).state == "reached"


def test_a_wrap_up_that_is_about_to_end_is_used_for_ringing(stage: Stage) -> None:
    """The customer's telephone rings while the agent writes up the call before."""
    assert stage.switch is not None
    number, watched = "+34600111333", Watched()
    where = stage.switch.addresses
    switch = InboundConnection(*where.events, where.password)
    switch.connect()
    wraps_up = ("agent", "set", "wrap_up_time", AGENT)
    switch.api(commands.call_centre(*wraps_up, "8"))
    desk, caller = desk_of(stage), stage.caller("+34600111000")
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("0")
    desk.wait_for_call(20)
    desk.answer()
    telephone = asked_for(stage, number)  # while they talk
    again = desk_of(stage)
    with gevent.Timeout(20, TimeoutError("nobody holds the place")):
        while kept(stage, number).state != "claimed":
            gevent.sleep(0.05)  # it is the server's doing
    assert not telephone.called.is_set()
    stage.watch_caller(number, watched)
    desk.hang_up()
    telephone.wait_for_call(20)
    assert not again.called.is_set(), "the agent was rung first"
    telephone.answer()
    again.wait_for_call(20)
    again.answer()
    watched.press_one(telephone)
    assert watched.handed.wait(15)
    telephone.hang_up()
    assert again.wait_hangup(20)
    assert tried(stage, number).state == "reached"
    switch.api(commands.call_centre(*wraps_up, "0"))
    switch.lose("over")


def test_a_key_is_too_late_once_an_agent_hears_who_comes(stage: Stage) -> None:
    """The switch brings the two together whatever they press: they get the agent, and no callback beside."""
    assert stage.switch is not None
    number, watched = "+34600111000", Watched()
    stage.watch_caller(number, watched)
    where = stage.switch.addresses
    switch = InboundConnection(*where.events, where.password)
    switch.connect()
    desk, caller = desk_of(stage), stage.caller(number)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key("0")
    desk.wait_for_call(20)
    announcement = commands.get_variable(caller.uuid, "cc_outbound_announce")
    with gevent.Timeout(20, TimeoutError("nobody would tell the agent who comes")):
        while not switch.api(announcement).startswith("/"):
            gevent.sleep(0.05)  # it is the server's doing
    desk.answer()
    assert desk.wait_for_sound(15)
    caller.key("1")
    assert watched.handed.wait(30)
    assert not desk.hung_up.is_set()
    desk.hang_up()
    assert caller.wait_hangup(20)
    switch.lose("over")
    stage.wait_until_idle()
    with pytest.raises(ValueError, match="not enough values"):
        kept(stage, number)


def test_who_has_called_meanwhile_is_not_called(stage: Stage) -> None:
    """While an agent is looked for, their place is cancelled: nobody is rung, nor kept waiting."""
    number = "+34600111888"
    desk = desk_of(stage)
    telephone = asked_for(stage, number)
    desk.wait_for_call(20)
    store = Store(stage.settings.database_url)
    callback = kept(stage, number)
    assert store.callbacks.cancel_one(callback.id, at=stage.server.rooms.records.clock.utc(), why="a test")
    store.close()
    assert desk.wait_hangup(20)
    assert not telephone.called.is_set()
    assert kept(stage, number).state == "cancelled"
