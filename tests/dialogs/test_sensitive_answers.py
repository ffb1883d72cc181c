"""Answers that nobody but the step may see: masked wherever they are shown, marked where they are said."""

from __future__ import annotations

from dialogs.effects import Collect, Enqueue, Play
from dialogs.results import NoMatch, Played
from tests.dialogs.flowtext import ASK, HEAD, conversation, key, say, spoken


def test_sensitive_answers_are_masked_everywhere_but_in_the_slot() -> None:
    """Public slots, read-backs as shown, and the context for agents hold no digit of it."""
    text = ASK.replace("    length: 5", "    length: 5\n    sensitive: true")
    text = text.replace("  - id: told", '  - set: {copy: "{customer_number}"}\n  - id: told')
    queue = (
        "  - queue: billing\n    busy: {offer: callback, declined: bye}\n  - id: bye\n    hangup: normal\n"
    )
    call = conversation(HEAD + text.replace("  - hangup: normal\n", queue))
    question = call.start()
    assert isinstance(question, Collect)
    assert question.sensitive
    back = say(call, question, "cuatro cinco siete uno ocho", 0.5)
    assert isinstance(back, Collect)
    assert back.sensitive
    assert "45718" not in back.prompt[0].shown
    told = say(call, back, "sí")
    assert isinstance(told, Play)
    assert told.prompt[0].shown == "Es el •••."
    handed = call.send(Played())
    assert isinstance(handed, Enqueue)
    assert call.slots["copy"] == "45718"
    assert "45718" not in str((call.public_slots, handed.context, call.trace, call.faults))


SECRET = ASK.replace("    length: 5", "    length: 5\n    sensitive: true")


def test_a_sensitive_value_that_is_said_is_marked() -> None:
    """The session silences the recording by this mark; a sentence without the value keeps its sound."""
    call = conversation(HEAD + SECRET.replace("  - hangup", '  - say: {es: "Adiós."}\n  - hangup'))
    told = key(call, call.start(), "45718")
    assert isinstance(told, Play)
    assert "cuatro" in spoken(told) and told.sensitive
    bye = call.send(Played())
    assert isinstance(bye, Play)
    assert not bye.sensitive


CONFIRM = """  - confirm: customer_number
    prompt: {es: "¿Es el {customer_number}?"}
    no_match: {es: "Diga sí o no."}
    no: customer_number
"""


def test_a_confirm_of_a_sensitive_slot_is_marked_also_when_asked_again() -> None:
    """The number is read back, and the caller may say it again in the answer ("no, cuatro …")."""
    call = conversation(HEAD + SECRET.replace("  - id: told", CONFIRM + "  - id: told"))
    question = key(call, call.start(), "45718")
    assert isinstance(question, Collect)
    assert "cuatro" in spoken(question) and question.sensitive
    again = call.send(NoMatch())
    assert isinstance(again, Collect)
    assert spoken(again) == "Diga sí o no." and again.sensitive


def test_a_question_that_holds_a_sensitive_value_is_marked() -> None:
    """Any question, also one for something that is not sensitive itself."""
    more = '  - ask: more\n    type: yes_no\n    prompt: {es: "Del {customer_number}, ¿algo más?"}\n'
    call = conversation(HEAD + SECRET.replace("  - id: told", more + "  - id: told"))
    question = key(call, call.start(), "45718")
    assert isinstance(question, Collect)
    assert "cuatro" in spoken(question) and question.sensitive


def test_a_slot_is_sensitive_in_every_step_that_asks_for_it() -> None:
    """A second question for the same slot need not repeat `sensitive: true`; nor does its asking back."""
    second = ASK.partition("  - id: told")[0].replace("- ask", "- id: second\n    ask")
    call = conversation(HEAD + SECRET.replace("  - id: told", second + "  - id: told"))
    question = key(call, call.start(), "45718")
    assert isinstance(question, Collect)
    assert question.sensitive
    back = say(call, question, "cuatro cinco siete uno ocho", 0.5)
    assert isinstance(back, Collect)
    assert back.sensitive and "45718" not in back.prompt[0].shown


def test_what_is_not_sensitive_is_not_marked() -> None:
    """A recording must not fall silent for nothing."""
    call = conversation(HEAD + ASK.replace("  - id: told", CONFIRM + "  - id: told"))
    question = call.start()
    confirm = key(call, question, "45718")
    told = key(call, confirm, "1")
    assert isinstance(question, Collect) and isinstance(confirm, Collect) and isinstance(told, Play)
    assert not (question.sensitive or confirm.sensitive or told.sensitive)
