"""Everything that somebody can hear who has not proved that the debt is theirs: all ways through the shipped
collections, by the simulator, and an oracle that listens (`debt_oracle`, with a list of its own)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.debt_words import DEBT_WORDS, debt_word
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.outside import Outside
from dialogs.play import key, say
from dialogs.stand_in import Agents, Answer, StandIn
from tests.dialogs.debt_oracle import PHRASES, TELLING, tells

FOLDER = Path(__file__).parents[2] / "dialogs" / "flows"
FLOWS = load_flows([FOLDER], load_catalogue(FOLDER / "catalogue.yaml"))
COLLECTIONS = sorted(name for name, flow in FLOWS.flows.items() if flow.purpose == "collection")
LANGUAGES = ("es", "ca", "en")
SAID: Mapping[str, tuple[str, ...]] = {
    "es": ("ayuda", "atrás", "en inglés", "¿de qué se trata?"),
    "ca": ("ajuda", "enrere", "en castellano", "de què es tracta?"),
    "en": ("help", "back", "in Catalan", "what is it about?"),
}
"""Whoever asks for another language hears it all in that one."""
KEYS = ("1", "2", "3", "4", "0", "1203")
Act = tuple[str, str]
FEW, LONGEST = 4, 6
"""Turns of a stranger. In four, nearly all that there is has been said; nobody is let on for long."""


@dataclass(frozen=True)
class WorldOutside:
    """How the rest of the world answers."""

    proof: Answer
    agents: Agents
    write: str = "done"
    callback: str = "done"


def worlds() -> Iterator[WorldOutside]:
    """Whoever answers does not know it, is locked out, or nobody can tell; with and without people."""
    for proof in ("missing", "locked", "slow", "error"):
        yield WorldOutside(proof, "free")  # type: ignore[arg-type]  # a table
    for agents in ("busy", "closed", "left", "broken"):
        yield WorldOutside("missing", agents)  # type: ignore[arg-type]  # a table
    for write in ("later", "failed", "unknown"):
        yield WorldOutside("missing", "busy", write)
    yield WorldOutside("missing", "busy", callback="failed")


def called(flows: FlowSet, flow: str, language: str, world: WorldOutside) -> StandIn:
    """A call that has just been answered by somebody."""
    about = {"number": "+34600111222", "name": "Ana Puig", "called": True, "customer_number": "45716"}
    why = {"strategy": "cobros", "campaign": "deudas_vencidas", "purpose": "collection"}
    facts = Facts(language=language, caller={**about, **why}, now=datetime(2026, 11, 23, 10))
    owed = {"state": "due", "owed": 9000, "owed_currency": "EUR", "latest_date": "2026-12-10"}
    outside = Outside.model_validate(
        {
            "write": dict.fromkeys(("do_not_call", "wrong_number"), world.write),
            "callback": world.callback,
        }
    )
    data: dict[str, dict[str, Answer]] = {
        "right_party": {"else": world.proof},
        "payment_terms": {"else": owed},
    }
    return StandIn(Conversation(flows, flow, facts), data, world.agents, outside)


def acted(call: StandIn, act: Act) -> None:
    match act:
        case ("key", keys):
            key(call, keys)
        case ("say", words):
            say(call, words, 0.9)
        case _:
            call.is_silent()


def acts(language: str) -> list[Act]:
    return [*(("key", one) for one in KEYS), *(("say", one) for one in SAID[language]), ("silence", "")]


def standing(call: StandIn) -> object:
    """Where a call is, as far as what comes next hangs on it."""
    waiting, conversation = call.waiting, call.conversation
    if waiting is None:
        return None
    visit = conversation.trace.here(*conversation.position)
    misses = tuple(sorted(visit.misses.items())) if visit else ()
    again = sum(1 for who, what in call.transcript if (who, what) == ("system", "verify right_party"))
    prompt = " ".join(part.text for part in waiting.prompt)
    return (conversation.position, prompt, conversation.language, misses, again, waiting.voice)


def everything_heard(
    flows: FlowSet, flow: str, language: str, world: WorldOutside, turns: int
) -> Iterator[tuple[tuple[Act, ...], list[str]]]:
    """Every way of a stranger through a call, as far as it differs, with all that was said on it."""
    left: deque[tuple[Act, ...]] = deque([()])
    seen: set[object] = set()
    while left:
        way = left.popleft()
        call = called(flows, flow, language, world)
        call.start()
        for act in way:
            if call.waiting is None:
                break
            acted(call, act)
        assert call.conversation.values["caller.proved"] == "", "nobody has proved anything here"
        assert not call.conversation.faults, way
        yield way, [what for who, what in call.transcript if who == "ivr"]
        here = standing(call)
        if here is None or here in seen or len(way) >= turns:
            continue
        seen.add(here)
        left += [(*way, act) for act in acts(call.conversation.language)]


def listened_to(flow: str, language: str, world: WorldOutside, *, turns: int) -> tuple[int, int]:
    """How many ways there were, and how many different sentences; none of them told anything."""
    ways, sentences = 0, set[str]()
    for way, heard in everything_heard(FLOWS, flow, language, world, turns):
        ways += 1
        for sentence in heard:
            sentences.add(sentence)
            assert tells(sentence) is None, (world, way, sentence)
    return ways, len(sentences)


def test_a_stranger_hears_no_word_of_a_debt() -> None:
    """On no way, in no language (whoever asks for another one hears that); and the ways are many."""
    nobody_free = WorldOutside("missing", "busy")
    ways, sentences = listened_to("collection_reminder", "es", nobody_free, turns=FEW)
    assert ways > 500, ways
    assert sentences > 70, sentences
    assert listened_to("voicemail_neutral", "es", nobody_free, turns=FEW) == (1, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flow", COLLECTIONS)
def test_whatever_happens_outside(flow: str, language: str) -> None:
    """Proof that is wrong, locked, slow or broken; nobody free; what is not noted; who is not called back."""
    assert all(listened_to(flow, language, world, turns=LONGEST)[0] for world in worlds())


def test_the_collections_are_those_that_are_meant() -> None:
    """Another one that is shipped some day is listened to by itself."""
    assert COLLECTIONS == ["collection_reminder", "voicemail_neutral"]


def test_the_oracle_hears_what_the_right_party_hears() -> None:
    """So that its silence means something: behind the gate it finds the debt at once, in each language."""
    for language in LANGUAGES:
        call = called(
            FLOWS, "collection_reminder", language, WorldOutside({"customer_number": "45716"}, "free")
        )
        call.start()
        key(call, "1")
        key(call, "1203")
        heard = [what for who, what in call.transcript if who == "ivr"]
        telling = [tells(sentence) for sentence in heard]
        assert telling[:3] == [None, None, None], heard
        assert any(telling), heard


def test_the_checker_finds_what_the_oracle_would() -> None:
    """Each of the oracle's words is one for the checker, too, in the language that has it."""
    for word in (*TELLING, *PHRASES):
        assert any(debt_word(f"Hola, {word}.", language) for language in DEBT_WORDS), word
