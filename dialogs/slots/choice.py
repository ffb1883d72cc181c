"""One of several things that were offered, by a phrase inside what is said, or by key.

```yaml
- ask: part_of_day
  type: choice
  choices:
    morning:
      key: 1                # optional
      phrases: {es: [mañana, por la mañana], ca: [matí, al matí], en: [morning]}
    afternoon:
      key: 2
      phrases: {es: [tarde, por la tarde], ca: [tarda, vesprada], en: [afternoon, evening]}
  prompt:
    es: "¿Por la mañana o por la tarde?"
    ca: "Al matí o a la tarda?"
    en: "In the morning or in the afternoon?"
```
The value is the choice's name (`morning`); the first phrase is how it is read back. Where each choice leads
to another step, a `menu` is shorter.

"Quiero saber mi saldo" holds the phrase "saldo". Whole words count, the longest phrase wins, and where two
choices are named at once the answer is asked back. A near miss by sound ("salvo" for "saldo") is always
asked back too.

"La segunda" and "the last one" are counted in the order of the file, so read them out in that order; where
the keys count the same way (1, 2, 3), "la segunda" is sure. Whoever says "ninguna" hears how to reach a
person.

Reasons of a miss: `none_of_these`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.plain_values import as_digits
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice, choose, refused, spoken_keys
from dialogs.slots.hedges import without_hedges
from dialogs.slots.kind import SlotKind
from dialogs.slots.mentioned import mentioned
from dialogs.slots.places import expected
from dialogs.slots.words import plain, tokens


def _texts(value: object) -> object:
    listed = value if isinstance(value, list) else [value]
    return [str(item) if isinstance(item, (int, float)) else item for item in listed]


_PHRASE = {"type": ["string", "number"]}

Key = Annotated[
    str,
    BeforeValidator(as_digits),
    Field(pattern=r"^[0-9]$"),
    WithJsonSchema({"enum": [*range(10), *map(str, range(10))], "description": "The key, 0 to 9"}),
]
Phrases = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=80)]],
    BeforeValidator(_texts),
    Field(min_length=1, max_length=40),
    WithJsonSchema(
        {
            "description": "What callers say for it; the first phrase is how it is read back",
            "anyOf": [_PHRASE, {"type": "array", "items": _PHRASE, "minItems": 1, "maxItems": 40}],
        }
    ),
]


class Option(BaseModel):
    """One thing on offer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key | None = Field(None, description="The key that answers")
    phrases: dict[str, Phrases] = Field(min_length=1, description="What callers say for it, by language")


_OptionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class OneOf(SlotKind):
    """One of several things; the value is its name."""

    name: ClassVar[str] = "choice"
    value_type: ClassVar[ValueType] = "text"
    final_silence: ClassVar[float] = 0.6
    keypad_wording: ClassVar[str] = "keypad_menu"
    example_options: ClassVar[Mapping[str, Any]] = {
        "choices": {
            "morning": {"key": 1, "phrases": {"es": ["mañana"], "ca": ["matí"], "en": ["morning"]}},
            "afternoon": {"key": 2, "phrases": {"es": ["tarde"], "ca": ["tarda"], "en": ["afternoon"]}},
        }
    }
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("mejor por la tarde", "afternoon"),
            ("por la mañana, por favor", "morning"),
            ("la opción uno", "morning"),
        ),
        "ca": (
            ("millor a la tarda", "afternoon"),
            ("al matí, si us plau", "morning"),
            ("l'opció u", "morning"),
        ),
        "en": (
            ("in the afternoon, please", "afternoon"),
            ("the morning is best", "morning"),
            ("option one", "morning"),
        ),
    }

    choices: dict[_OptionName, Option] = Field(
        min_length=2, max_length=40, description="What is on offer: name → key and phrases per language"
    )

    @property
    def _offered(self) -> list[Choice]:
        return [Choice(name, option.key or "", option.phrases) for name, option in self.choices.items()]

    def mistake(self) -> str | None:
        keys = [option.key for option in self.choices.values() if option.key]
        double = next((key for key in keys if keys.count(key) > 1), None)
        if double:
            return f"key {double} stands for two choices: choose another for one of them"
        if "0" in keys:
            return "key 0 is for a person everywhere: choose another"
        return None

    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        for name, option in self.choices.items():
            for language in languages:
                if language not in option.phrases:
                    way = ("choices", name, "phrases")
                    yield way, f'no phrases in `{language}`: add `{language}: ["…"]`'

    def phrases(self, language: str) -> tuple[str, ...]:
        # Keys that are said are phrases, too: as `words` they would be a number that goes on.
        return (
            *(p for option in self.choices.values() for p in option.phrases.get(language, ())),
            *spoken_keys([option.key or "" for option in self.choices.values()], language),
            *expected(len(self.choices), language),
        )

    def keys(self) -> Keys:
        has_keys = any(option.key for option in self.choices.values())
        return Keys(1, 1) if has_keys else Keys(0, 0)

    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        found = choose(self._offered, answer, asking.language)
        if isinstance(found, Match) and found.band == "check" and not found.others:
            # To propose what was just refused would mock the caller.
            said = Alternative(found.said, found.confidence)
            return NoMatch(found.said) if refused(self._offered, said, asking.language) else found
        if isinstance(found, Match) and found.by == "voice" and self._doubted(found, asking.language):
            return replace(found, band="check")
        return found

    def _doubted(self, found: Match, language: str) -> bool:
        """Whether they are not sure ("creo que por la tarde"), or only mention it. A choice may say so."""
        option = self.choices.get(found.value)
        offered = option.phrases.get(language, ()) if option else ()
        if any(_leaves_open(phrase, language) for phrase in offered):
            return False
        return _leaves_open(plain(found.said).replace("if possible", ""), language)  # a wish, no doubt

    def read_back(self, value: str, asking: Asking) -> str:
        option = self.choices.get(value)
        phrases = option.phrases.get(asking.language) if option else None
        return phrases[0] if phrases else value

    @override
    def shown(self, value: str, asking: Asking) -> str:
        return self.read_back(value, asking)


def _leaves_open(text: str, language: str) -> bool:
    words = tokens(text)
    return without_hedges(words, language)[1] or mentioned(words, language)
