"""What cuts a sentence short in flows that call people: nobody who is called listens to the end to object.

Rules:
1. Where a flow has `objection`, an objection stops every sentence of it, and of the flows that it uses.
2. So do the choices with `interrupts` of the menu to which the sentence leads ("soy su hermano"): with
   nothing but sentences in between, so that no step is left out.
3. Nothing else does: a sentence that the law wants said is not lost to a nod, a "¿sí?" or a television. One
   word alone does not, since "no" is said to anything.
4. Whoever speaks as it ends is waited for, unless a person takes over: they hear it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.effects import Heeded
from dialogs.flow import Flow
from dialogs.nodes.greet import Greet
from dialogs.nodes.menu import Menu
from dialogs.nodes.say import Say
from dialogs.nodes.step import NEXT
from dialogs.objections import objected, objections, sure_of
from dialogs.results import Heard, Match
from dialogs.slots.choosing import Choice
from dialogs.slots.words import plain
from dialogs.universals import INTERRUPTS


def menu_behind(flow: Flow, step: str) -> str | None:
    """The menu to which that sentence leads, or the step itself if it is one; `None`: to none."""
    seen: set[str] = set()
    name: str | None = step
    while name is not None and name not in seen and name in flow.steps:
        seen.add(name)
        here = flow.steps[name]
        if isinstance(here, Menu):
            return name
        if not isinstance(here, Say | Greet):
            return None
        target = next((one.target for one in here.exits() if one.label == NEXT), None)
        name = target or flow.after(name)
    return None


def interrupting(flow: Flow, step: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """The choices that cut that sentence short, each with what is said for it."""
    menu = flow.steps.get(menu_behind(flow, step) or "")
    if not isinstance(menu, Menu) or flow.objection is None:
        return {}
    spoken = {
        name: tuple(one for one in choice.phrases.get(language, ()) if len(plain(one).split()) > 1)
        for name, choice in menu.choices.items()
        if choice.interrupts
    }
    return {name: phrases for name, phrases in spoken.items() if phrases}


def heeded(flow: Flow, step: str, language: str) -> Heeded:
    """What cuts the sentence of that step short."""
    spoken = interrupting(flow, step, language)
    choices = [Choice(name, "", {language: phrases}) for name, phrases in spoken.items()]

    def judge(answer: Heard) -> Match | None:
        if against := objected(answer, language):
            return against
        found = sure_of(choices, answer, language) if choices else None
        return replace(found, value=INTERRUPTS + found.value) if found else None

    ways = (*objections(language), *(one for phrases in spoken.values() for one in phrases))
    return Heeded(language, tuple(dict.fromkeys(ways)), judge, heard_out=not _hands_over(flow, step))


def _hands_over(flow: Flow, step: str) -> bool:
    """Whether that sentence belongs to a step that hands over, or leads to one: an agent is called for
    already, and whoever answered must not wait for them."""
    here = flow.steps[step]
    target = next((one.target for one in here.exits() if one.label == NEXT), None) or flow.after(step)
    behind = flow.steps.get(target or "")
    return here.hands_over or (behind is not None and behind.hands_over)
