"""The engine: retries, asking back, universals, and the way that a call took."""

from __future__ import annotations

from dialogs.effects import Collect, Enqueue, Hangup, Play
from dialogs.engine import Conversation
from dialogs.results import (
    Done,
    Handed,
    Keyed,
    Match,
    Missing,
    NoInput,
    NoMatch,
    Played,
)
from tests.dialogs.engine_flows import LOOK, TWO, TWO_HEAD, ask
from tests.dialogs.flowtext import ASK, HEAD, conversation, heard, key, say, spoken


def test_misses_are_counted_apart_and_lead_down_to_a_person() -> None:
    """Silence twice and nonsense twice are four misses, and no counter is used up before its own third."""
    call, question = ask()
    assert isinstance(question, Collect)
    assert question.voice
    voices = []
    for result in (NoInput(), NoMatch(), NoInput()):
        question = call.send(result)
        assert isinstance(question, Collect)
        voices.append((question.voice, spoken(question)))
    assert voices == [
        (True, "No le he oído. Su número."),
        (True, "No le he entendido. Su número."),
        (False, "No le he oído. Márquelo con el teclado del teléfono, por favor."),
    ]
    person = call.send(NoInput())
    assert isinstance(person, Enqueue)
    assert person.queue == "billing"


def test_retries_inherit_from_node_over_flow() -> None:
    """A node's `no_match: 0` gives up at once; the flow's `no_input: 1` still holds there."""
    head = HEAD.replace("steps:", "retries: {no_input: 1}\nsteps:")
    text = head + ASK.replace("    help:", "    retries: {no_match: 0}\n    help:")
    call = conversation(text)
    call.start()
    assert isinstance(call.send(NoMatch()), Enqueue)
    call = conversation(text)
    call.start()
    assert isinstance(call.send(NoInput()), Collect)
    assert isinstance(call.send(NoInput()), Enqueue)


def test_a_designers_own_words_replace_the_built_in_ones() -> None:
    """First and second miss have their own text; the last one is repeated if there are fewer."""
    own = '    no_match: [{es: "Uno a uno."}, {es: "Con las teclas."}]\n    help:'
    call = conversation(HEAD + ASK.replace("    help:", own))
    call.start()
    assert spoken(call.send(NoMatch())) == "Uno a uno."
    assert spoken(call.send(NoMatch())) == "Con las teclas."


def test_what_is_half_heard_is_asked_back() -> None:
    """In the check band the number is read back; yes fills it, and the sentence stays in one piece."""
    call, question = ask()
    back = say(call, question, "cuatro cinco siete uno ocho", 0.5)
    assert isinstance(back, Collect)
    assert (back.kind, spoken(back)) == ("yes_no", "¿Ha dicho cuatro, cinco, siete, uno, ocho?")
    assert back.prompt[0].shown == "¿Ha dicho 45718?"
    told = say(call, back, "sí, eso es")
    assert call.slots == {"customer_number": "45718"}
    assert isinstance(told, Play)
    assert [part.varies for part in told.prompt] == [True, False]
    assert told.prompt[1].recording == "trial/told/es"


def test_a_denied_answer_is_not_believed_again() -> None:
    """The caller says no; the same hearing again is a miss, and another alternative is asked back."""
    call, question = ask()
    back = say(call, question, "cuatro cinco siete uno ocho", 0.5)
    again = say(call, back, "no")
    assert isinstance(again, Collect)
    assert spoken(again) == "Disculpe. Su número."
    assert isinstance(again.judge(heard("cuatro cinco siete uno ocho", 0.9)), NoMatch)
    assert isinstance(again.judge(Keyed("45718")), Match)


def test_a_correction_in_the_same_breath_is_read_back_in_its_turn() -> None:
    """ "No, cuatro cinco siete uno seis": the question is not put again, and nothing is taken unconfirmed."""
    call, question = ask()
    back = say(call, question, "cuatro cinco siete uno ocho", 0.5)
    again = say(call, back, "no, cuatro cinco siete uno seis", 0.9)
    assert isinstance(again, Collect)
    assert spoken(again) == "¿Ha dicho cuatro, cinco, siete, uno, seis?"
    assert "customer_number" not in call.slots
    assert isinstance(say(call, again, "cuatro cinco siete uno seis", 0.9), Play)
    assert call.slots == {"customer_number": "45716"}


def test_endless_denial_reaches_a_person() -> None:
    """Whoever says no to everything gets somebody who understands."""
    call, effect = ask()
    for number in ("uno dos tres cuatro cinco", "dos tres cuatro cinco seis", "tres cuatro cinco seis siete"):
        assert isinstance(effect, Collect)
        back = say(call, effect, number, 0.5)
        effect = say(call, back, "no")
    assert isinstance(effect, Enqueue)


def test_universals_at_a_question_for_digits() -> None:
    """Star repeats, star zero is a person, zero is a digit; help and slower come back to the question."""
    call, question = ask()
    assert spoken(key(call, question, "*")) == "Su número."
    question = say(call, question, "ayuda")
    assert spoken(question) == "Está en su factura. Su número."
    question = say(call, question, "ayuda")
    assert spoken(question).startswith("Puede responder con la voz o con el teclado")
    question = say(call, question, "más despacio")
    assert isinstance(question, Collect)
    assert {part.pace for part in question.prompt} == {0.8}
    question = say(call, question, "a velocidad normal")
    assert isinstance(question, Collect)
    assert spoken(question) == "De acuerdo, a la velocidad normal. Su número."
    assert {part.pace for part in question.prompt} == {1.0}
    assert isinstance(question.judge(Keyed("0")), NoMatch)
    assert isinstance(key(call, question, "*0"), Enqueue)


def test_slower_has_two_steps_and_an_end_that_is_told() -> None:
    """Nobody is told "all right, more slowly" at the pace of before."""
    call, question = ask()
    heard = []
    for words in ("más despacio", "más despacio", "más lento todavía", "más rápido"):
        question = say(call, question, words)
        assert isinstance(question, Collect)
        (pace,) = {part.pace for part in question.prompt}
        heard.append((spoken(question).removesuffix(" Su número."), pace))
    assert heard == [
        ("De acuerdo, más despacio.", 0.8),
        ("De acuerdo, más despacio.", 0.65),
        ("No puedo hablar más despacio. Se lo repito.", 0.65),
        ("De acuerdo, a la velocidad normal.", 1.0),
    ]


def test_help_comes_in_as_many_steps_as_the_designer_wrote() -> None:
    """Each time the next one, then what can always be said; a new visit begins with the first again."""
    own = 'help: [{es: "Está en su factura."}, {es: "Son cinco cifras."}]'
    call = conversation(HEAD + ASK.replace('help: {es: "Está en su factura."}', own))
    question = call.start()
    heard = []
    for _ in range(3):
        question = say(call, question, "ayuda")
        heard.append(spoken(question).removesuffix(" Su número."))
    assert heard[:2] == ["Está en su factura.", "Son cinco cifras."]
    assert heard[2].startswith("Puede responder")
    question = say(call, question, "atrás")
    assert spoken(say(call, question, "ayuda")) == "Está en su factura. Su número."


def test_repeating_is_no_miss_but_has_an_end() -> None:
    """A caller may ask again and again; something that only ever says "repeat" still ends."""
    call, effect = ask()
    turns = 0
    while isinstance(effect, Collect) and turns < 30:
        effect = key(call, effect, "*")
        turns += 1
    assert isinstance(effect, Enqueue)
    assert 7 < turns < 20


def test_back_goes_to_the_question_before() -> None:
    """Back from the number is the menu; back from the first question is the first question."""
    call = conversation(TWO_HEAD + TWO)
    number = key(call, call.start(), "1")
    menu = say(call, number, "volver atrás")
    assert call.position.step == "m"
    assert spoken(say(call, menu, "atrás")) == "¿Qué?"


def test_another_language_puts_the_same_question() -> None:
    """The switch is remembered for the rest of the call, and misses begin anew."""
    call = conversation(TWO_HEAD + TWO)
    question = say(call, call.start(), "en catalán por favor")
    assert (call.language, spoken(question)) == ("ca", "Què?")
    assert isinstance(question, Collect)
    assert question.language == "ca"
    assert "en castellano" in question.phrases
    assert "en català" not in question.phrases


def test_a_language_that_the_flow_lacks_gives_way_to_its_first() -> None:
    """A French caller is greeted in the flow's first language, not in silence."""
    assert conversation(TWO_HEAD + TWO, language="fr").language == "es"


def test_a_subflow_comes_back_and_a_person_leaves_it() -> None:
    """The child's steps run, then the parent's next; a person inside the child is the child's."""
    child = "flow: child\nlanguages: [es]\nperson: billing\nsteps:\n" + ASK.replace(
        "  - hangup: normal\n", ""
    )
    parent = HEAD + '  - subflow: child\n  - say: {es: "De vuelta."}\n  - hangup: normal\n'
    call = conversation(parent, child)
    question = call.start()
    assert call.position == ("child", "customer_number")
    told = key(call, question, "45718")
    assert isinstance(told, Play)
    assert spoken(call.send(Played())) == "De vuelta."
    assert call.position.flow == "trial"
    call = conversation(parent, child)
    question = call.start()
    assert isinstance(say(call, question, "operador"), Enqueue)


def test_a_lookup_tries_again_only_so_often() -> None:
    """`again` with one time: the first missing goes back to the question, the second does not."""
    text = LOOK.replace(
        "    error: people\n", "    error: people\n    again: {step: customer_number, times: 1}\n"
    )
    call = conversation(HEAD.replace("billing", "people") + text)
    key(call, call.start(), "45718")
    again = call.send(Missing())
    assert isinstance(again, Collect)
    key(call, again, "45719")
    assert spoken(call.send(Missing())) == "Nada."


def test_every_question_hands_over_its_phrases_in_lower_case() -> None:
    """What the recogniser may expect: the answers and the universals, lower case, nothing empty."""
    _, question = ask()
    assert isinstance(question, Collect)
    assert {"operador", "repita"} <= set(question.phrases)
    assert {"cero", "nueve", "doble"} <= set(question.words)
    assert all(text and text == text.lower() for text in (*question.phrases, *question.words))
    assert len(set(question.phrases)) == len(question.phrases)


# --- the way of a call ---------------------------------------------------------------------------------

USER = """flow: user
languages: [es]
person: billing
steps:
  - subflow: trial
  - id: bye
    hangup: normal
"""
ASKS = HEAD + "  - ask: more\n    type: yes_no\n    prompt: {es: '¿Más?'}\n"


def path(call: Conversation) -> list[tuple[str, str, str, dict[str, int]]]:
    return [(visit.flow, visit.step, visit.left_by, dict(visit.misses)) for visit in call.trace.path]


def test_the_way_of_a_call_tells_how_each_step_was_left() -> None:
    """In order, with misses; a subflow's step is left when the other flow has come back."""
    call = conversation(USER, ASKS, flow="user")
    question = say(call, call.start(), "bla")
    say(call, question, "sí")
    assert path(call) == [
        ("user", "trial", "next", {}),
        ("trial", "more", "next", {"no_match": 1}),
        ("user", "bye", "end", {}),
    ]


def test_a_caller_who_goes_has_left_no_step() -> None:
    """Neither the question nor the step that runs its flow."""
    call = conversation(USER, ASKS, flow="user")
    call.start()
    call.hang_up("NORMAL_CLEARING")
    assert [left for _, _, left, _ in path(call)] == ["", ""]


def test_a_call_that_ends_in_a_subflow_has_ended_there_in_order() -> None:
    """A person in the other flow is no drop-out of the flow that runs it."""
    call = conversation(USER, ASKS, flow="user")
    say(call, call.start(), "operador")
    call.send(Handed())
    assert isinstance(call.send(Done()), Hangup)
    assert [left for _, _, left, _ in path(call)] == ["@end", "@person"]
