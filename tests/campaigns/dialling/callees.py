"""People who are called, as code: each with a telephone on the switch, and what they do with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gevent

from esl.embedded.errors import EmbeddedSwitchError
from esl.embedded.scripted_callee import ScriptedCallee

A_PERSON = """  - id: person
    queue: agents
    busy: later
  - id: later
    callback: agents
    number: "{caller.number}"
    say: {es: "Le llamaremos."}
    failed: bye
  - id: end
    hangup: normal
"""
"""The end of a flow with a step `bye`: whoever wants a person gets one, or a call."""
FLOW = (
    """flow: reminder
languages: [es]
person: person
steps:
  - menu: there
    prompt: {es: "Hola. ¿Es usted {caller.name}? Si lo es, pulse uno. Si no, pulse dos."}
    retries: {no_input: 0, no_match: 0}
    timeout: 2.0
    failed: nobody
    choices:
      me: {key: 1, phrases: {es: [soy yo]}, then: told}
      other: {key: 2, phrases: {es: [no soy]}, then: other}
      person: {key: 0, phrases: {es: [operador]}, then: person}
  - id: told
    outcome: told
  - id: thanks
    say: {es: "Gracias."}
    then: bye
  - id: other
    outcome: wrong_person
  - id: sorry
    say: {es: "Disculpe."}
    then: bye
  - id: nobody
    outcome: no_reply
  - id: bye
    hangup: normal
"""
    + A_PERSON
)


WITH_AGENT = """flow: with_agent
languages: [es]
person: person
steps:
  - id: greeting
    say: {es: "Hola, le llamamos de Ejemplo."}
  - id: person
    queue: agents
    busy: nobody
  - menu: nobody
    prompt: {es: "Disculpe: ahora no hay nadie. Si no quiere que le llamemos, pulse uno."}
    retries: {no_input: 0, no_match: 0}
    timeout: 2.0
    failed: bye
    choices:
      never: {key: 1, phrases: {es: [no me llamen]}, then: never}
      person: {key: 0, phrases: {es: [operador]}, then: person}
  - id: never
    outcome: do_not_call
  - id: bye
    hangup: normal
"""


def write_flow(folder: Path) -> None:
    """The campaign's flow, and one for those who call, where a server at home in the folder finds them."""
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    (folder / "flows" / "catalogue.yaml").write_text("queues: [agents]\n", encoding="utf-8")
    (folder / "flows" / "reminder.flow.yaml").write_text(FLOW, encoding="utf-8")
    (folder / "flows" / "with_agent.flow.yaml").write_text(WITH_AGENT, encoding="utf-8")
    main = FLOW.replace("flow: reminder", "flow: main").replace(" ¿Es usted {caller.name}?", "")
    (folder / "flows" / "main.flow.yaml").write_text(main, encoding="utf-8")


Does = Callable[[ScriptedCallee], None]
"""What somebody does with one call."""


class Telephone:
    """One telephone, in a greenlet of its own: rings each time that it is called, and does the next thing."""

    def __init__(self, lines: tuple[str, int], number: str, *doings: Does) -> None:
        self.number = number
        self.calls = 0
        self.faults: list[str] = []
        self._lines = lines
        self._next = ScriptedCallee(lines, number=number)
        self._next.join()
        self._living = gevent.spawn(self._live, doings)

    def _live(self, doings: tuple[Does, ...]) -> None:
        for does in doings:
            callee = self._next
            callee.called.wait()
            self.calls += 1
            self._next = ScriptedCallee(self._lines, number=self.number)
            self._next.join()
            try:
                does(callee)
            except EmbeddedSwitchError as fault:
                self.faults.append(str(fault))

    def close(self) -> None:
        self._living.kill()
        self._next.hang_up()


def answers(key: str) -> Does:
    """A person, who hears the question out, presses a key and listens to the end."""

    def does(callee: ScriptedCallee) -> None:
        callee.ring()
        callee.answer()
        callee.wait_for_sound(20)
        callee.key(key)
        callee.wait_hangup(30)

    return does


def listens(callee: ScriptedCallee) -> None:
    """Answers, and stays until the other side hangs up."""
    callee.answer()
    callee.wait_hangup(60)


def says_nothing(callee: ScriptedCallee) -> None:
    """Answers, and is silent."""
    callee.answer()
    callee.wait_hangup(60)


def hangs_up(callee: ScriptedCallee) -> None:
    """Answers, and puts it down at the first word."""
    callee.answer()
    callee.wait_for_sound(20)
    callee.hang_up()


def refuses(cause: str) -> Does:
    """Is not reached, for that reason."""
    return lambda callee: callee.refuse(cause)


def never_answers(callee: ScriptedCallee) -> None:
    """It rings and rings."""
    callee.ring()
    callee.wait_hangup(90)
