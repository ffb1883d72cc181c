"""The notice that a call is recorded: said or asked, once, before anything is recorded; and its mistakes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dialogs.effects import Collect, Effect, Enqueue, Hangup, Play, StartRecording
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.loader import assemble
from dialogs.play import play
from dialogs.rehearsal import load_scripts
from dialogs.results import Done, Failed, NoInput, NoMatch, Played
from dialogs.simulator import TextCaller
from dialogs.source import parse
from dialogs.static import static_prompts
from tests.dialogs.flowtext import CATALOGUE, flow_set, key, problems, say, spoken

HEAD = """flow: trial
languages: [es, ca]
person: billing
recording_notice: {es: "Se graba.", ca: "S'enregistra."}
steps:
"""
ASKS = HEAD.replace("steps:", "recording_consent: ask\nsteps:")
STEPS = """  - id: hello
    say: {es: "Hola.", ca: "Hola, bones."}
  - ask: more
    type: yes_no
    prompt: {es: "¿Algo más?", ca: "Res més?"}
  - hangup: normal
"""


def call(text: str, *, recorded: bool = True, language: str = "es") -> Conversation:
    facts = Facts(language, now=datetime(2026, 11, 23, 10), recorded=recorded)
    return Conversation(flow_set(text), "trial", facts)


def asked(text: str = ASKS + STEPS) -> tuple[Conversation, Effect]:
    """A conversation up to the question whether it may be recorded."""
    one = call(text)
    one.start()
    return one, one.send(Played())


def test_the_notice_comes_after_the_greeting_and_before_the_first_question() -> None:
    """Greeting, notice, recording, question: and nothing is recorded before the notice was heard."""
    one = call(HEAD + STEPS)
    assert one.recording_waits
    assert spoken(one.start()) == "Hola."
    notice = one.send(Played())
    assert isinstance(notice, Play)
    assert (spoken(notice), notice.always) == ("Se graba.", True)
    assert notice.prompt[0].recording == "trial/recording_notice/es"
    assert one.recording_waits
    assert isinstance(one.send(Played(interrupted=True)), StartRecording)
    question = one.send(Done())
    assert isinstance(question, Collect)
    assert not one.recording_waits
    assert isinstance(key(one, question, "2"), Hangup)


def test_it_is_said_once_however_often_a_question_is_put() -> None:
    """Silence and "back" repeat the question, not the notice."""
    one = call(HEAD + STEPS)
    one.start()
    one.send(Played())
    one.send(Played())
    question = one.send(Done())
    again = one.send(NoInput())
    assert isinstance(again, Collect)
    assert "Se graba" not in spoken(again)
    assert spoken(say(one, question, "atrás")) == spoken(question)


@pytest.mark.parametrize("text", [HEAD + STEPS, ASKS + STEPS])
def test_without_recording_there_is_no_notice(text: str) -> None:
    """ "This call is recorded" must not be said where calls are not."""
    one = call(text, recorded=False)
    assert not one.recording_waits
    one.start()
    question = one.send(Played())
    assert spoken(question) == "¿Algo más?"


def test_a_flow_without_notice_does_not_hold_up_the_recording() -> None:
    """Then it is on from the answer, as ever."""
    one = call(HEAD.replace('recording_notice: {es: "Se graba.", ca: "S\'enregistra."}\n', "") + STEPS)
    assert not one.recording_waits


def test_before_a_person_too() -> None:
    """A flow that goes straight to the queue: the agent's conversation is recorded, so it is said before."""
    one = call(
        HEAD
        + "  - queue: billing\n    busy: {offer: callback, declined: sorry}\n"
        + "  - id: sorry\n    say: {es: No., ca: No.}\n  - hangup: normal\n"
    )
    assert spoken(one.start()) == "Se graba."
    assert isinstance(one.send(Played()), StartRecording)
    assert isinstance(one.send(Done()), Enqueue)


def test_in_the_language_that_the_flow_has_chosen_by_then() -> None:
    """A step that sets the language comes before it."""
    one = call(HEAD + "  - language: ca\n" + STEPS)
    assert spoken(one.start()) == "Hola, bones."
    assert spoken(one.send(Played())) == "S'enregistra."


def test_a_yes_starts_the_recording_and_a_no_does_not() -> None:
    """Either way the call goes on with its first question."""
    one, question = asked()
    assert isinstance(question, Collect)
    assert (spoken(question), question.step) == ("Se graba.", "recording_notice")
    assert isinstance(say(one, question, "sí, claro"), StartRecording)
    assert spoken(one.send(Done())) == "¿Algo más?"
    one, question = asked()
    assert spoken(key(one, question, "2")) == "¿Algo más?"
    assert not one.recording_waits
    assert one.faults == []


@pytest.mark.parametrize("miss", [NoInput(), NoMatch("bla")])
def test_silence_is_no_consent(miss: NoInput | NoMatch) -> None:
    """Asked once more, and then not recorded."""
    one, _ = asked()
    again = one.send(miss)
    assert isinstance(again, Collect)
    assert spoken(again).endswith("Se graba.")
    assert spoken(one.send(miss)) == "¿Algo más?"


def test_another_language_asks_again_in_that_language() -> None:
    """And the answer counts there."""
    one, question = asked()
    question = say(one, question, "en catalán")
    assert spoken(question) == "S'enregistra."
    assert isinstance(say(one, question, "i tant"), StartRecording)
    assert spoken(one.send(Done())) == "Res més?"


def test_who_wants_a_person_instead_gets_one_unrecorded() -> None:
    """The question was not answered, so there is no consent."""
    one, question = asked()
    assert isinstance(say(one, question, "una persona"), Enqueue)
    assert not one.recording_waits


def test_a_fault_in_the_notice_is_a_person_and_no_recording() -> None:
    """A result that does not belong: apology, person; the notice is not begun again."""
    one, _ = asked()
    assert spoken(one.send(Failed("nonsense"))).startswith("Disculpe")
    assert isinstance(one.send(Played()), Enqueue)
    assert len(one.faults) == 1


def test_the_notice_is_there_before_anybody_calls() -> None:
    """Synthesised at the start with all fixed prompts, under its studio recording's name."""
    found = {spoken.recording: spoken.text for spoken in static_prompts(flow_set(HEAD + STEPS))}
    assert found["trial/recording_notice/ca"] == "S'enregistra."


def test_the_terminal_shows_it() -> None:
    """`ivr call --text`: the notice, and that the recording starts."""
    caller = TextCaller(flow_set(ASKS + STEPS), "trial", Facts("es", recorded=True), {})
    assert ("ivr", "Se graba.") in caller.start()
    assert ("system", "starts to record") in caller.feed("sí")


@pytest.mark.parametrize(
    ("test", "passes"),
    [
        ("steps: [{say: sí}, {expect: {recorded: true}}]", True),
        ("steps: [{say: sí}, {expect: {recorded: false}}]", False),
        ("steps: [{key: 2}, {expect: {recorded: false, said: Algo más}}]", True),
        ("recorded: false\nsteps: [{expect: {not_said: Se graba, said: Algo más}}]", True),
    ],
)
def test_a_flow_s_tests_can_expect_it(test: str, passes: bool, tmp_path: Path) -> None:
    """Asked, agreed or not; and a site that does not record, where it is not said."""
    flows = flow_set(ASKS + STEPS)
    file = tmp_path / "trial.test.yaml"
    file.write_text(f"test: t\nflow: trial\n{test}\n", encoding="utf-8")
    (script,) = load_scripts([file], flows)
    assert play(flows, script).passed is passes


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        (', ca: "S\'enregistra."', "", 4, 'no text in `ca`: add `ca: "…"`'),
        ("{es:", "{en: No., es:", 4, "the flow does not speak `en`"),
        ("Se graba", "Se graba, {caller.name}", 4, "the notice is the same for everybody"),
        ('"Se graba."', '""', 4, "the text is empty"),
        ("steps:", "recording_consent: maybe\nsteps:", 5, "write `tell` or `ask`"),
        (
            'recording_notice: {es: "Se graba.", ca: "S\'enregistra."}',
            "recording_consent: ask",
            4,
            "there is nothing to agree to: add `recording_notice",
        ),
        ("recording_notice:", "record_notice:", 4, "did you mean `recording_notice`"),
    ],
)
def test_mistakes_name_line_and_remedy(old: str, new: str, line: int, what: str) -> None:
    """What `ivr check` says."""
    found = [(problem.line, problem.message) for problem in problems((HEAD + STEPS).replace(old, new))]
    assert any(at == line and what in message for at, message in found), found


def test_a_subflow_has_no_notice() -> None:
    """Calls do not begin there, so nobody would hear it."""
    child = (HEAD + STEPS).replace("flow: trial", "flow: child")
    parent = (
        "flow: trial\nlanguages: [es, ca]\nperson: billing\nsteps:\n  - subflow: child\n  - hangup: normal\n"
    )
    sources = [parse(child, "child.flow.yaml"), parse(parent, "trial.flow.yaml")]
    found = [
        f"{problem.file}:{problem.line}: {problem.message}" for problem in assemble(sources, CATALOGUE)[1]
    ]
    assert any(text.startswith("child.flow.yaml:4: `child` is a subflow") for text in found), found
