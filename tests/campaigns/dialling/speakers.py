"""People and machines who are called, with sound: what they say when they answer, and what they do then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from esl.embedded.measure import LOUD
from esl.embedded.scripted_callee import ScriptedCallee
from tests.campaigns.dialling.callees import A_PERSON, Does
from tests.freeswitch.sound import tone

SPOKEN = (
    """flow: spoken
languages: [es]
person: person
steps:
  - menu: there
    prompt: {es: "Hola, le llamamos de Ejemplo. ¿Hablo con {caller.name}?"}
    retries: {no_input: 1, no_match: 2}
    timeout: 2.5
    failed: nobody
    choices:
      me: {key: 1, phrases: {es: [sí soy yo, soy yo, sí]}, then: told}
      other: {key: 2, phrases: {es: [no se ha equivocado, se ha equivocado, no]}, then: other}
      person: {key: 0, phrases: {es: [operador]}, then: person}
  - id: told
    outcome: told
  - id: thanks
    say: {es: "Gracias."}
    then: bye
  - id: other
    outcome: wrong_person
  - id: sorry
    say: {es: "Disculpe la molestia."}
    then: bye
  - id: nobody
    outcome: no_reply
  - id: bye
    hangup: normal
"""
    + A_PERSON
)
LEFT = (
    """flow: left
languages: [es]
person: person
steps:
  - id: message
    say: {es: "Hola. Le hemos llamado de Ejemplo, y volveremos a llamarle."}
  - id: noted
    outcome: message_left
  - id: bye
    hangup: normal
"""
    + A_PERSON
)
OBJECTED = """flow: objected
languages: [es]
person: agents
objection: no_more
steps:
  - id: tell
    say:
      es: "Hola, le llamamos de Ejemplo. Esta semana mejoramos la red de su zona, y por la noche el servicio
        puede fallar unos minutos. Si le pasa, espere un poco y apague y encienda el aparato. Gracias."
  - outcome: told
    then: bye
  - id: no_more
    write: do_not_call
    with: {customer_number: "none", number: "{caller.number}"}
    done: objected
    refused: bye
    later: bye
    error: bye
  - id: objected
    outcome: objected
  - id: sorry
    say: {es: "De acuerdo, no volveremos a llamarle."}
  - id: bye
    hangup: normal
"""
"""A sentence of about twelve seconds, over which somebody may object."""
CATALOGUE = """queues: [agents]
writes:
  do_not_call:
    values: {customer_number: code, number: phone}
    reasons: [unknown]
"""
GREETING = "Ahora no podemos atenderle. Deje su mensaje después de la señal."
Voice = Callable[[str], bytes]
"""Words to 8 kHz samples."""


def write_flows(folder: Path) -> None:
    """The campaign's flow, and what is left on machines, beside those of `callees.write_flow`."""
    (folder / "flows" / "spoken.flow.yaml").write_text(SPOKEN, encoding="utf-8")
    (folder / "flows" / "left.flow.yaml").write_text(LEFT, encoding="utf-8")
    (folder / "flows" / "objected.flow.yaml").write_text(OBJECTED, encoding="utf-8")
    (folder / "flows" / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")


def silence(seconds: float) -> bytes:
    return bytes(round(seconds * 8000) * 2)


@dataclass
class Recorded:
    """What an answering machine has heard."""

    before: bytes
    """Until the end of its tone, or of the call."""
    after: bytes


@dataclass
class Speakers:
    """Each `Does` is one call of one person; a voice is made once for each sentence."""

    voice: Voice
    recorded: dict[str, Recorded] = field(default_factory=dict)
    """By number."""
    _said: dict[str, bytes] = field(default_factory=dict)

    def says(self, words: str) -> bytes:
        if words not in self._said:
            self._said[words] = self.voice(words)
        return self._said[words]

    def person(self, hello: str, answer: str) -> Does:
        """Says hello, hears each question out, and answers it in words until the other side hangs up."""
        greeting, words = silence(0.3) + self.says(hello), self.says(answer)

        def does(callee: ScriptedCallee) -> None:
            callee.ring()
            callee.answer()
            callee.speak(greeting)
            while callee.wait_until_quiet(0.6, 60):
                callee.speak(words)

        return does

    def interrupts(self, *words: str) -> Does:
        """Says these, one after the other, over the first sentence that is said to them."""
        said = [self.says(one) for one in words]

        def does(callee: ScriptedCallee) -> None:
            callee.answer()
            callee.speak(silence(0.2) + self.says("¿Sí?"))
            callee.wait_for_sound(30)
            for one in said:
                callee.speak(silence(0.8) + one + silence(0.8))
            callee.wait_hangup(60)

        return does

    def presses(self, key: str) -> Does:
        """Says hello, and answers with a key."""
        greeting = silence(0.3) + self.says("¿Sí?")

        def does(callee: ScriptedCallee) -> None:
            callee.answer()
            callee.speak(greeting)
            callee.wait_for_sound(30)
            callee.key(key)
            callee.wait_hangup(60)

        return does

    def hangs_up(self, callee: ScriptedCallee) -> None:
        """Says hello, and is gone at the first word of a machine that calls."""
        callee.answer()
        callee.speak(silence(0.3) + self.says("Dígame"))
        callee.wait_for_sound(30)
        callee.hang_up()

    def machine(self, callee: ScriptedCallee) -> None:
        """Greets, sounds its tone, and records what comes."""
        callee.answer()
        said = callee.speak(silence(0.3) + self.says(GREETING) + silence(0.5) + tone(1000, 0.4))
        callee.wait_hangup(90)
        # By the telephone's own count: on a busy machine this greenlet wakes when the message has begun.
        over = said.end * 2 if said.end >= 0 else len(callee.heard)
        self.recorded[callee.number] = Recorded(callee.heard[:over], callee.heard[over:])

    def fax(self, callee: ScriptedCallee) -> None:
        """Whistles at 2,100 Hz."""
        callee.answer()
        callee.speak(silence(0.2) + tone(2100, 3.0))
        callee.wait_hangup(60)


def loud_seconds(sound: bytes) -> float:
    """How much of it is more than the noise of a line."""
    frames = np.abs(np.frombuffer(sound[: len(sound) // 320 * 320], "<i2").astype(np.int32)).reshape(-1, 160)
    return float((frames.max(axis=1) > LOUD).sum()) * 0.02
