"""What an agent's telephone is told: the sentence, and the headers, whatever callers have said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from dialogs.call import Trace, Visit
from dialogs.catalogue import load_catalogue
from dialogs.effects import Spoken
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from esl.commands import set_variables
from esl.queue_events import Offered
from esl.wire import Command
from ivr.places import SHIPPED_FLOWS
from ivr.queueing.context_handover import TIMES, HandingOver, known_as, wanted, why_of
from ivr.queueing.context_settings import HandoverSettings
from ivr.queueing.context_words import (
    LONGEST_HEADER,
    PLAIN_SEGMENTS,
    Handover,
    Kept,
    encoded,
    headers_of,
    whispered,
)
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.whispering import ANNOUNCE, InTheirLanguage, language_of, languages_told, told_in
from ivr.queueing.written import AgentFile, QueueFile
from speech.errors import SynthesizerLate
from tests.ivr.paper import PaperCall, PaperDialog, PaperPrompts


def handover(**known: object) -> Handover:
    told = {
        "call_id": "01a202bc-a20a-74f1-86d0-904e405fc26f",
        "queue": "billing",
        "language": "es",
        "flow": "main",
        "step": "person",
        "why": "flow",
    } | known
    return Handover(**told)  # type: ignore[arg-type] # as the fields are


@pytest.fixture(scope="module")
def shipped() -> FlowSet:
    return load_flows([SHIPPED_FLOWS], load_catalogue(SHIPPED_FLOWS / "catalogue.yaml"))


BALANCE = {"es": "saber cuánto debe", "en": "know what you owe"}
AT_RISK = {"es": "Cliente con incidencia", "ca": "Client amb incidència"}
"""As `segments.yaml` has it; nobody wrote what it is in English."""


@pytest.mark.parametrize(
    ("language", "known", "sentence"),
    [
        (
            "es",
            {"segment": "vip", "verified": "pin", "slots": {"order_number": "4571"}},
            "Cliente VIP, verificado, pregunta por el pedido 4571.",
        ),
        (
            "ca",
            {"segment": "vip", "verified": "pin", "slots": {"order_number": "4571"}},
            "Client VIP, verificat, pregunta per la comanda 4571.",
        ),
        (
            "en",
            {"segment": "at_risk", "why": "asked_for_person"},
            "at risk customer, not verified, asks for a person.",
        ),
        ("es", {}, "Llamada, sin verificar."),
        ("es", {"segment": "default"}, "Llamada, sin verificar."),
        ("es", {"why": "callback"}, "Llamada, sin verificar, pidió que le llamáramos."),
        ("es", {"intent": "cambiar_cita"}, "Llamada, sin verificar, quiere cambiar cita."),
        ("es", {"intent": "balance", "wants": BALANCE}, "Llamada, sin verificar, quiere saber cuánto debe."),
        ("ca", {"intent": "balance", "wants": BALANCE}, "Trucada, sense verificar, vol balance."),
        ("en", {"intent": "balance", "wants": BALANCE}, "Call, not verified, wants balance."),
        (
            "en",
            {"slots": {"ticket_number": "10293847"}, "why": "back_end"},
            "Call, not verified, asks about ticket 10293847, a system did not answer.",
        ),
        ("es", {"segment": "at_risk", "known_as": AT_RISK}, "Cliente con incidencia, sin verificar."),
        ("ca", {"segment": "at_risk", "known_as": AT_RISK}, "Client amb incidència, sense verificar."),
        ("xx", {"segment": "at_risk", "known_as": AT_RISK}, "Cliente con incidencia, sin verificar."),
        ("en", {"segment": "at_risk", "known_as": AT_RISK}, "at risk customer, not verified."),
        ("es", {"verified": "pin"}, "Cliente, verificado."),
        ("ca", {"verified": "pin", "segment": "default"}, "Client, verificat."),
        ("en", {"verified": "pin"}, "Customer, verified."),
        ("xx", {}, "Llamada, sin verificar."),
    ],
)
def test_the_sentence(language: str, known: dict[str, object], sentence: str) -> None:
    """Who, proved or not, about what, and why they come."""
    assert whispered(handover(**known), language) == sentence


def test_no_words_of_a_caller_are_spoken_to_an_agent() -> None:
    """A number that is none, and everything else that was said, stays on the screen."""
    slots = {"order_number": "drop table; </speak>", "what": "un insulto"}
    assert whispered(handover(slots=slots), "es") == "Llamada, sin verificar."


def test_headers_by_setting() -> None:
    """A reference alone, more if somebody wants it, or none."""
    one = handover(segment="vip", verified="pin", slots={"order_number": "4571"}, why="asked_for_person")
    assert headers_of(one, "none") == {}
    assert headers_of(one, "reference") == {
        "X-IVR-Call": "01a202bc-a20a-74f1-86d0-904e405fc26f",
        "X-IVR-Queue": "billing",
        "X-IVR-Language": "es",
    }
    full = headers_of(one, "full")
    assert full["X-IVR-About"] == "order 4571"
    assert (full["X-IVR-Segment"], full["X-IVR-Verified"], full["X-IVR-Why"]) == (
        "vip",
        "pin",
        "asked_for_person",
    )


@given(st.text(max_size=300))
def test_a_header_is_short_plain_and_no_syntax_of_a_switch(value: str) -> None:
    """Whatever it is made of: no new line, nothing that is expanded, and the switch's command takes it."""
    written = encoded(value)
    assert len(written) <= LONGEST_HEADER
    assert written.isascii()
    assert not set(written) & set("\r\n$;'\"\\{}[]<>,|") - {","}
    assert "\n" not in str(set_variables("a", {"sip_h_X-IVR-About": written}))
    assert not written.endswith("%")
    assert written[-2:-1] != "%"


class _Talk:
    def __init__(self, *visits: Visit) -> None:
        self.trace = Trace(path=list(visits))


def visit(left_by: str, misses: int = 0) -> Visit:
    one = Visit("main", "menu", "es", left_by=left_by)
    one.misses["no_match"] = misses
    return one


@pytest.mark.parametrize(
    ("visits", "why"),
    [
        ([], "flow"),
        ([visit("@person")], "asked_for_person"),
        ([visit("@fault")], "fault"),
        ([visit("failed")], "back_end"),
        ([visit("slow")], "back_end"),
        ([visit("person", 3)], "not_understood"),
        ([visit("person", 1)], "flow"),
        ([visit("@person"), visit("found"), visit("")], "flow"),
    ],
)
def test_why_somebody_comes_to_people(visits: list[Visit], why: str) -> None:
    """By the last step that was left."""
    assert why_of(_Talk(*visits)) == why  # type: ignore[arg-type] # all that it looks at


def plan(*languages: list[str]) -> Plan:
    agents = {
        f"100{n}": AgentFile(queues=["billing"], languages=spoken) for n, spoken in enumerate(languages)
    }  # type: ignore[arg-type] # as a file says them
    return Plan({"billing": QueuePlan("billing", QueueFile())}, agents)


@pytest.mark.parametrize(
    ("spoken", "site", "language"),
    [
        ([], "es", "es"),
        ([["es", "ca"], ["ca"]], "es", "ca"),
        ([["es", "ca"], ["es"]], "es", "es"),
        ([["es"], ["ca"]], "es", "es"),
        ([["en", "ca"], ["ca", "en"]], "es", "ca"),
        ([[]], "ca", "ca"),
        ([], "ko", "es"),
    ],
)
def test_in_which_language_a_queue_is_told(spoken: list[list[str]], site: str, language: str) -> None:
    """One that all of its people speak; the site's if it is among them, or if there is none."""
    assert language_of(plan(*spoken), "billing", otherwise=site) == language


def test_what_is_told_of_somebody_who_was_called_back() -> None:
    """How long they have waited in all, whether it is the time of their choice, how often we have called."""
    told = Handover(
        call_id="c",
        queue="billing",
        language="es",
        flow="called_back",
        step="person",
        why="callback",
        segment="vip",
        slots={"order": "4571"},
        kept=Kept(waited=25, chosen=True, tries=2),
    )
    assert whispered(told, "es") == (
        "Cliente VIP, sin verificar, pregunta por el pedido 4571, pidió que le llamáramos, a esta hora,"
        " lleva veinticinco minutos esperando, ya le hemos llamado dos veces."
    )
    once = replace(told, kept=Kept(waited=1, tries=1))
    assert whispered(once, "ca").endswith(
        "va demanar que el truquéssim, fa un minut que espera, ja li hem trucat una vegada."
    )
    assert whispered(replace(told, kept=Kept(waited=0)), "en").endswith("asked us to call back.")


@pytest.mark.parametrize(
    ("language", "waited", "again"),
    [
        ("es", "veintiún minutos", "dos veces"),
        ("ca", "vint-i-un minuts", "dues vegades"),
        ("en", "twenty-one minutes", "two times"),
        ("xx", "veintiún minutos", "dos veces"),
    ],
)
def test_numbers_agree_with_what_they_count(language: str, waited: str, again: str) -> None:
    """Minutes are masculine, times are feminine; one is shortened before its noun."""
    told = whispered(handover(why="callback", kept=Kept(waited=21, tries=2)), language)
    assert waited in told
    assert again in told


def test_each_agent_is_told_in_their_own_language() -> None:
    """As declared, else the site's if they speak it, else their first; all of a queue's are made ready."""
    agents = {
        "1001": AgentFile(queues=["billing"], languages=["es", "ca"], language="ca"),
        "1002": AgentFile(queues=["billing"], languages=["en", "es"]),
        "1003": AgentFile(queues=["billing"], languages=["en"]),
        "1004": AgentFile(queues=["support"], languages=["es"]),
    }
    plan = Plan({name: QueuePlan(name) for name in ("billing", "support")}, agents)
    told = {agent: told_in(plan, agent, otherwise="es") for agent in (*agents, "1999")}
    assert told == {"1001": "ca", "1002": "es", "1003": "en", "1004": "es", "1999": "es"}
    assert languages_told(plan, "billing", otherwise="es") == {"ca", "es", "en"}


def test_while_their_telephone_rings_it_becomes_theirs() -> None:
    """Where all of a queue are told in one language, the switch is not asked at all."""
    agents = {"1001": AgentFile(queues=["billing"], language="ca"), "1002": AgentFile(queues=["support"])}
    plan = Plan({name: QueuePlan(name) for name in ("billing", "support")}, agents)
    theirs, asked = InTheirLanguage(plan, language="es"), list[str]()

    def ask(command: Command) -> str:
        asked.append(f"{command.word} {command.rest}")
        return "/tmp/ca.wav" if "getvar" in command.rest else "+OK"

    def offered(queue: str, agent: str) -> Offered:
        return Offered(at=1, queue=f"{queue}@ivr", member="m", leg="leg-1", agent=f"{agent}@ivr")

    assert not theirs.concerns(offered("support", "1002"))
    assert theirs.concerns(offered("billing", "1001"))
    theirs.prepare(offered("billing", "1001"), ask)
    assert asked == [
        "api uuid_getvar leg-1 ivr_whisper_ca",
        "api uuid_setvar_multi leg-1 cc_outbound_announce=/tmp/ca.wav",
    ]


def test_a_whisper_that_is_late_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it in silence, as callers do for their prompts; and not for ever."""
    late = [TIMES - 1]

    def file_of(spoken: Spoken) -> Path:
        if late[0]:
            late[0] -= 1
            raise SynthesizerLate("nothing within 1.9 s")
        return Path("/prompts/whisper.wav")

    call, prompts = PaperCall(), PaperPrompts()
    monkeypatch.setattr(prompts, "file_of", file_of)
    handing_over = HandingOver(
        call,
        conversation=PaperDialog([]),  # type: ignore[arg-type] # neither is asked
        record=None,  # type: ignore[arg-type] # see above
        prompts=prompts,
        settings=HandoverSettings(),
        language="es",
    )
    handing_over.whisper_now(handover(), None)
    assert call.orders == [f"set {ANNOUNCE}=/prompts/whisper.wav"]
    late[0] = TIMES
    handing_over.whisper_now(handover(), None)
    assert len(call.orders) == 1


def test_no_agent_hears_a_name_of_a_file(shipped: FlowSet) -> None:
    """Each segment but those that say nothing, and each intent that is asked for, has its words in the flows
    that come with the product."""
    for segment in shipped.segments.segments:
        if segment.name not in PLAIN_SEGMENTS:
            assert set(known_as(shipped, segment.name)) == {"es", "ca", "en"}, segment.name
    for intent in ("balance", "order_status", "own_data", "complaint"):
        for language in ("es", "ca"):
            told = whispered(handover(intent=intent, wants=wanted(shipped, intent)), language)
            assert intent.partition("_")[0] not in told, told
    assert wanted(shipped, "") == wanted(shipped, "nothing_of_ours") == {}
    assert known_as(shipped, "") == known_as(shipped, "nobody") == {}
