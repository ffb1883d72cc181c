"""What a studio is asked to record is what calls look for, under the same names."""

from __future__ import annotations

import dialogs.call
from dialogs.effects import Piece, Spoken
from dialogs.expressions import parse_template
from dialogs.flow import FlowSet
from dialogs.nodes.understand import Understand
from dialogs.prompts import render
from dialogs.static import StudioLine, static_prompts, studio_lines
from tests.dialogs.conftest import Walk
from tests.dialogs.flowtext import HEAD, conversation, flow_set

FORM = (
    HEAD
    + """  - form: both
    prompt: {es: "¿Qué día y a qué hora?"}
    no_match: [{es: "Dígamelo otra vez."}, {es: "El día y la hora, por favor."}]
    retries: {no_match: 2}
    slots:
      - ask: day
        type: date
        prompt: {es: "¿Qué día?"}
        no_input: {es: "No oigo el día."}
        help: [{es: "Diga un día."}, {es: "Por ejemplo, mañana."}]
      - ask: hour
        type: time
        prompt: {es: "¿A qué hora?"}
  - say: {es: "El {day}, a las {hour}, entonces. Adiós."}
  - hangup: normal
"""
)


def test_whatever_calls_look_for_is_on_the_list(shipped: FlowSet, walk: Walk) -> None:
    """Every scripted call of the shipped flows: each recording asked for has its line and text."""
    listed = {(line.recording, line.language): line.text for line in studio_lines(shipped)}
    assert len(walk.recordings) > 100
    unlisted = {name: text for name, text in walk.recordings.items() if listed.get(name) != text}
    assert unlisted == {}


def test_every_recording_is_listed_once(shipped: FlowSet) -> None:
    """Two lines with one name would be two texts in one file."""
    names = [(line.recording, line.language) for line in studio_lines(shipped)]
    assert len(names) == len(set(names)) > 600


def test_forms_reprompts_and_helps_have_their_own_names() -> None:
    """A reprompt was listed, and warmed, under the name of the question itself."""
    named = {line.recording: line.text for line in studio_lines(flow_set(FORM)) if line.place == "trial"}
    assert named == {
        "trial/both/es": "¿Qué día y a qué hora?",
        "trial/both/no_match_1/es": "Dígamelo otra vez.",
        "trial/both/no_match_2/es": "El día y la hora, por favor.",
        "trial/both/day/es": "¿Qué día?",
        "trial/both/day/no_input_1/es": "No oigo el día.",
        "trial/both/day/help/es": "Diga un día.",
        "trial/both/day/help_2/es": "Por ejemplo, mañana.",
        "trial/both/hour/es": "¿A qué hora?",
        "trial/say_2/es-v1a": "El",
        "trial/say_2/es-v1b": "a las",
        "trial/say_2/es-v1c": "entonces.",
        "trial/say_2/es": "Adiós.",
    }


def test_a_part_of_a_sentence_shows_the_sentence() -> None:
    """Who records "a las" must know what stands before and behind it."""
    (line,) = (one for one in studio_lines(flow_set(FORM)) if one.recording == "trial/say_2/es-v1b")
    assert line == StudioLine(
        "trial/say_2/es-v1b",
        "a las",
        "es",
        "trial",
        "say_2",
        "say",
        "El {day}, a las {hour}, entonces.",
    )


def test_a_sentence_with_values_is_told_in_its_parts() -> None:
    """Signs stay with what they follow: they are its pause. The fixed parts are named in order."""
    template = parse_template("Hola. Su pago, de {a}, llegó el {b}. Adiós. Son {c}!")
    prompt = render(template, language="es", recording="f/s", pace=1.0, say=lambda v: (f"<{v.name}>", v.name))
    assert [(one.text, one.recording, one.pieces) for one in prompt] == [
        ("Hola.", "f/s/es", ()),
        (
            "Su pago, de <a>, llegó el <b>.",
            None,
            (
                Piece("Su pago, de", "f/s/es-v1a"),
                Piece("<a>,"),
                Piece("llegó el", "f/s/es-v1b"),
                Piece("<b>."),
            ),
        ),
        ("Adiós.", "f/s/es-2", ()),
        ("Son <c>!", None, (Piece("Son", "f/s/es-v2a"), Piece("<c>!"))),
    ]


def test_an_answer_that_is_read_back_is_told_in_its_parts() -> None:
    """ "¿Ha dicho …?" is the sentence that callers hear most."""
    call = dialogs.call.Call(flow_set(FORM), flow_set(FORM).flow("trial"), conversation(FORM)._call.facts)
    assert call.asked_back("cuatro, cinco", "45") == (
        Spoken(
            "¿Ha dicho cuatro, cinco?",
            "es",
            varies=True,
            shown="¿Ha dicho 45?",
            pieces=(Piece("¿Ha dicho", "built_in/did_you_say/es-v1a"), Piece("cuatro, cinco?")),
        ),
    )


def test_titles_are_warmed_and_not_recorded(shipped: FlowSet) -> None:
    """What is said only within another sentence has no recording of its own; all else has one."""
    unrecorded = {(one.text, one.language) for one in static_prompts(shipped) if not one.recording}
    open_questions = [
        step
        for flow in shipped.flows.values()
        for step in flow.steps.values()
        if isinstance(step, Understand)
    ]
    titles = {
        (template.source, language)
        for step in open_questions
        for intent in step.intents.values()
        for language, template in intent.title.items()
    }
    assert ("saber cuánto debe", "es") in titles
    assert unrecorded == titles
