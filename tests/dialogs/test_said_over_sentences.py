"""What is said over a sentence, on paper: typed, written in a test, and told again from a record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dialogs.errors import FlowsInvalid
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.play import Played, play
from dialogs.rehearsal import load_scripts
from dialogs.results import Alternative
from dialogs.retold import Happening, NotRetold, Past, retold
from dialogs.simulator import TextCaller
from dialogs.universals import INTERRUPTS, OBJECTION

NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))
CALLED = {"number": "+34600111222", "name": "Ana Puig", "called": True, "customer_number": "45716"}
HEAD = """flow: right_party
now: 2026-11-23T10:00
caller: {number: "+34600111222", name: Ana Puig, called: true, customer_number: "45716"}
"""


@pytest.fixture
def typist(shipped: FlowSet) -> TextCaller:
    typist = TextCaller(shipped, "right_party", Facts("es", CALLED, NOW), {})
    typist.start()
    return typist


def told(lines: list[tuple[str, str]], who: str) -> str:
    return " / ".join(what for one, what in lines if one == who)


def test_it_is_typed_saved_and_taken_back(typist: TextCaller, shipped: FlowSet, tmp_path: Path) -> None:
    """The call goes back to the sentence, and on as on a telephone; what is saved is a test that passes."""
    assert "¿Hablo con Ana Puig?" in told(typist.feed("/over ¿sí?"), "ivr"), "it has interrupted nothing"
    typist.feed("/back")
    assert "¿Cuándo le va bien" in told(typist.feed("/over greeting soy su hermana"), "ivr")
    file = tmp_path / "over.test.yaml"
    typist.feed(f"/save {file} a sister")
    (script,) = load_scripts([file], shipped)
    assert [step.during for step in script.steps if step.say] == ["greeting"]
    assert play(shipped, script).passed
    assert "¿Hablo con" in told(typist.feed("/back"), "ivr")


def test_what_cannot_be_said_over_anything_is_told(typist: TextCaller) -> None:
    typist.feed("/key 1")
    assert "no sentence was said since your last turn" in told(typist.feed("/over soy su hermana"), "note")
    typist.feed("/back")
    assert "write the words behind it" in told(typist.feed("/over"), "note")


def played(text: str, flows: FlowSet, folder: Path) -> Played:
    file = folder / "trial.test.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    (script,) = load_scripts([file], flows)
    return play(flows, script)


@pytest.mark.parametrize(
    ("said", "was"),
    [
        ("{say: no me llamen más, during: we_wait}", "the question `who` is open"),
        ("{say: soy su hermano, during: thanks}", "the question `who` is open"),
    ],
)
def test_a_sentence_that_is_not_said_is_a_difference(
    shipped: FlowSet, tmp_path: Path, said: str, was: str
) -> None:
    """And not silently left out."""
    call = played(f"test: wrong\nsteps:\n  - {said}\n", shipped, tmp_path)
    (difference,) = call.differences
    assert was in difference.was


@pytest.mark.parametrize(
    ("step", "told_so"),
    [
        ("{say: hola, during: greting}", "did you mean `greeting`?"),
        ("{say: hola, during: who}", "no step `who` says a sentence"),
        ("{key: 1, during: greeting}", "write `say` beside it"),
    ],
)
def test_a_sentence_that_there_is_not_is_a_mistake(
    shipped: FlowSet, tmp_path: Path, step: str, told_so: str
) -> None:
    with pytest.raises(FlowsInvalid, match=r"trial\.test\.yaml:") as wrong:
        played(f"test: wrong\nsteps:\n  - {step}\n", shipped, tmp_path)
    assert told_so in str(wrong.value)


def past(*more: Happening) -> Past:
    said = Happening(kind="said", flow="right_party", step="greeting")
    return Past(
        flow="right_party",
        language="es",
        now=NOW,
        caller=CALLED,
        happenings=[said, *more],
        ended_by="caller",
    )


def interruption(universal: str, words: str) -> Happening:
    heard = (Alternative(words, 0.9),)
    return Happening(
        kind="answer", flow="right_party", step="greeting", result="match", universal=universal, heard=heard
    )


@pytest.mark.parametrize(
    ("universal", "words", "then"),
    [
        (OBJECTION, "me llamo Ana Puig no me llamen más", ()),
        (f"{INTERRUPTS}not_in", "soy su primo", ("when",)),
    ],
)
def test_a_record_of_it_becomes_a_test(
    shipped: FlowSet, universal: str, words: str, then: tuple[str, ...]
) -> None:
    """In other words: theirs may tell who they are."""
    after = [Happening(kind="said", flow="right_party", step=step) for step in then]
    if not then:
        write = Happening(kind="deed", flow="do_not_call", step="do_not_call", result="written")
        after = [write, Happening(kind="said", flow="do_not_call", step="promised")]
    written = retold(past(interruption(universal, words), *after), shipped)
    (act,) = [step for step in written.steps if "say" in step]
    assert act["during"] == "greeting" and "Ana" not in act["say"]
    if universal != OBJECTION:
        with pytest.raises(NotRetold, match="does not cut it short"):
            retold(past(interruption(f"{INTERRUPTS}nothing", words)), shipped)
