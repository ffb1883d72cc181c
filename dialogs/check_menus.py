"""The rules of menus: keys and phrases that collide, and a person within reach.

Key 0 and the words for a person mean a person everywhere; nothing else may take them.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.catalogue import Catalogue
from dialogs.errors import Problem
from dialogs.flow import Flow
from dialogs.nodes.menu import Menu
from dialogs.nodes.queue import Queue
from dialogs.slots.words import plain
from dialogs.source import nearest
from dialogs.universals import PERSON as WANTS_PERSON
from dialogs.universals import universal_choices


def check_menu(flow: Flow, name: str, menu: Menu, catalogue: Catalogue) -> Iterator[Problem]:
    """Keys and phrases of one menu, and its languages."""
    keys: dict[str, str] = {}
    for choice_name, choice in menu.choices.items():
        way = ("choices", choice_name)
        if choice.key is not None and choice.key in keys:
            yield flow.problem(
                name, (*way, "key"), f"key {choice.key} is also that of `{keys[choice.key]}`: choose another"
            )
        if choice.key is not None:
            keys.setdefault(choice.key, choice_name)
        if choice.key == "0" and not leads_to_person(flow, choice.then):
            yield flow.problem(name, (*way, "key"), "key 0 is for a person everywhere: choose another")
        for language in flow.languages:
            if language not in choice.phrases:
                yield flow.problem(
                    name, (*way, "phrases"), f'no phrases in `{language}`: add `{language}: ["…"]`'
                )
        for language in choice.phrases:
            if language not in flow.languages:
                remedy = nearest(language, flow.languages)
                yield flow.problem(
                    name, (*way, "phrases", language), f"the flow does not speak `{language}`: {remedy}"
                )
    yield from _check_phrases(flow, name, menu, catalogue)


def _check_phrases(flow: Flow, name: str, menu: Menu, catalogue: Catalogue) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for choice_name, choice in menu.choices.items():
        for language, phrases in choice.phrases.items():
            knows = catalogue.vocabulary.get(language)
            person = _person_phrases(language)
            for at, phrase in enumerate(phrases):
                way = ("choices", choice_name, "phrases", language, at)
                words = plain(phrase)
                other = seen.setdefault((language, words), choice_name)
                if "," in phrase:
                    listed = ", ".join(part.strip() for part in phrase.split(",") if part.strip())
                    yield flow.problem(
                        name, way, f"`{phrase}` is one phrase with a comma in it: write a list, `[{listed}]`"
                    )
                elif not words:
                    yield flow.problem(name, way, f"`{phrase}` has no word in it: write what callers say")
                elif other != choice_name:
                    yield flow.problem(
                        name, way, f"`{phrase}` is also a phrase of `{other}`: keep it in one of the two"
                    )
                elif words in person and not leads_to_person(flow, choice.then):
                    yield flow.problem(
                        name, way, f"`{phrase}` asks for a person everywhere: choose another phrase"
                    )
                for word in phrase.lower().split() if knows else ():
                    if knows and plain(word) and not knows(word.strip(".,;:¿?¡!")):
                        yield flow.problem(
                            name, way, f"the recogniser does not know the word `{word}`: use another word"
                        )


def _person_phrases(language: str) -> set[str]:
    for choice in universal_choices(language, ()):
        if choice.id == WANTS_PERSON:
            return {plain(phrase) for phrase in choice.phrases.get(language, ())}
    return set()


def leads_to_person(flow: Flow, target: str) -> bool:
    """Whether a caller who goes there reaches people."""
    return target == flow.person or isinstance(flow.steps.get(target), Queue) or target in flow.unread


def check_main_menu(flow: Flow, name: str, menu: Menu) -> Iterator[Problem]:
    """The first menu of a flow that calls begin in."""
    if not any(leads_to_person(flow, choice.then) for choice in menu.choices.values()):
        yield flow.problem(
            name,
            ("choices",),
            f"the first menu of a flow that calls begin in does not offer a person: add a choice with"
            f" `then: {flow.person}`",
        )
