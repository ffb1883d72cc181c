"""`menu`: several things on offer; keys and phrases stand in one place.

```yaml
- menu: main
  prompt:
    es: "Para su saldo, diga saldo o marque uno. Para una persona, diga operador o marque cero."
    ca: "Pel seu saldo, digui saldo o premi u. Per una persona, digui operador o premi zero."
    en: "For your balance, say balance or press one. For a person, say operator or press zero."
  choices:
    balance:
      key: 1
      phrases: {es: [saldo, cuánto debo], ca: [saldo, quant dec], en: [balance, how much I owe]}
      then: number
    person:
      key: 0
      phrases: {es: [operador], ca: [operador], en: [operator]}
      then: person
```
The first phrase of a choice is how it is read back ("¿Ha dicho saldo?"). Callers may say it in a sentence:
"quiero saber el saldo de mi cuenta" is `balance`, and "no quiero operador, quiero saldo" too; where two are
named, or one is denied, it is asked back. A `form` is not needed for that: it is for several *answers* in one
sentence.

What a choice has under `offer` is said behind the prompt, in the order of the page; those that the caller's
segment has under `menu_first` (`segments.yaml`) come before the others.

`objection: true` at a choice, in flows that call people: whoever says in any of the usual ways that they want
no more calls ("no vuelvan a llamarme", "bórrenme de la lista") chooses it, whatever else is in the sentence.

`interrupts: true` at a choice, in a flow with `objection`: who says it over one of the sentences that lead
to the menu ("soy su hermano", "ha fallecido") need not listen to the end. Only its phrases of two words and
more count there, since "no" and "¿sí?" are said to anything.

`answers_ahead` names questions that come later and that the same sentence may answer: an `ask` for a number
of five digits or more, such as an order's ("quiero saber de mi pedido 780346" chooses `order`, and the number
is not asked for any more), or another `menu` ("quiero anular mi cita" chooses appointments here and `cancel`
there). A menu is spared where the sentence holds a phrase of one of its choices, and of no other.
```yaml test
- test: by voice
  steps:
    - say: {es: quiero saber cuánto debo, ca: vull saber quant dec, en: how much I owe please}
    - expect: {step: number}
- test: in a sentence
  steps:
    - say:
        es: quiero saber el saldo de mi cuenta
        ca: voldria saber el saldo del meu compte
        en: I would like to know the balance of my account
    - expect: {step: number}
- test: what is denied is not chosen
  steps:
    - say:
        es: no quiero operador, quiero saldo
        ca: no vull operador, vull el saldo
        en: I don't want an operator, I want my balance
    - expect: {step: number}
- test: by key
  steps:
    - key: 0
    - expect: {queue: billing}
- test: what is nearly a choice is asked back
  steps:
    - say: {es: mi salvo, ca: el meu sardo, en: ballance}
    - expect: {said: {es: ¿Ha dicho saldo?, ca: Ha dit saldo?, en: Did you say balance?}}
- test: silence leads to a person
  steps: [{silence: 6s}, {silence: 6s}, {silence: 6s}, {expect: {queue: billing}}]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Keys, Prompt
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.asked_back import certain
from dialogs.nodes.matters import as_heard
from dialogs.nodes.picking import says_in_full
from dialogs.nodes.question import Asked, Question, answered
from dialogs.nodes.step import Exit, Run, Way
from dialogs.objections import but_for_now, objected, objections
from dialogs.objections import expected as expected_objections
from dialogs.prompts import Words
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.choice import Key, Phrases
from dialogs.slots.choosing import Choice, choose, spoken_keys
from dialogs.slots.places import expected
from dialogs.spoken import DIGITS


class MenuChoice(BaseModel):
    """One thing on offer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key | None = Field(None, description="The key, 0 to 9; without it, it is only said")
    phrases: dict[str, Phrases] = Field(min_length=1, description="What callers say for it, by language")
    then: Name = Field(description="Where to go")
    offer: Words | None = Field(None, description="How it is offered, said behind the prompt")
    objection: bool = Field(
        False,
        description="Whoever says in any of the usual ways that they want no more calls chooses it, too",
    )

    interrupts: bool = Field(
        False,
        description="In a flow with `objection`: said over the sentences before the menu, it cuts them short",
    )

    def spoken(self, language: str) -> tuple[str, ...]:
        """What is said for it: its phrases, and every objection where it takes those."""
        own = tuple(self.phrases.get(language, ()))
        return (*own, *objections(language)) if self.objection else own


def offers_objection(step: object) -> bool:
    """Whether it is a menu that leads objections somewhere by itself."""
    return isinstance(step, Menu) and any(choice.objection for choice in step.choices.values())


class Menu(Question):
    """Several things on offer."""

    type_name: ClassVar[str] = "menu"
    menu: Name = Field(description="The menu's name")
    choices: dict[Name, MenuChoice] = Field(
        min_length=1, max_length=24, description="What is on offer, each by its name"
    )

    answers_ahead: list[Name] = Field(
        default_factory=list,
        max_length=12,
        description="Questions that the same sentence may answer; they are not put then",
    )

    def run(self, call: Call) -> Run:
        listed = ((name, self.choices[name]) for name in self._order(call))
        language = call.language
        choices = [
            Choice(name, choice.key or "", {language: choice.spoken(language)}) for name, choice in listed
        ]

        against = next((name for name, choice in self.choices.items() if choice.objection), None)

        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            # "No em truquin més, si us plau": an objection has no rivals, least of all a yes or no.
            if against is not None and isinstance(answer, Heard):
                if found := objected(answer, language):
                    return replace(found, value=against)
                answer = but_for_now(answer, language)
            return choose(choices, answer, language)

        def read_back(value: str) -> tuple[str, str]:
            title = self.choices[value].phrases[language][0]
            return title, title

        asked = Asked(
            step=self,
            kind="menu",
            say=lambda: self._offered(call),
            # A key that is said is a short answer. As `words` it would be a number that goes on, and a
            # recogniser that waits for a number does not look for the phrase in a sentence.
            phrases=(
                *(p for choice in self.choices.values() for p in choice.spoken(language)),
                *spoken_keys([choice.key for choice in choices], language),
                *(expected_objections(language) if against is not None else ()),
                *expected(sum(choice.key != "0" for choice in choices), language),
                *(DIGITS.get(language, ()) if self.answers_ahead else ()),
            ),
            words=(),
            keys=Keys(1, 1),
            judge=judge,
            keypad="keypad_menu",
        )
        chosen = yield from answered(certain(call, asked, read_back), self._said_before(call, choices))
        self._hand_on(call, chosen)
        return chosen.value if chosen else "failed"

    def _said_before(self, call: Call, choices: Sequence[Choice]) -> Match | None:
        """The choice that a sentence from before the menu was put names beyond doubt."""
        said = call.said.pop(self.menu, None) or call.told_more
        call.told_more = None
        found = choose(choices, said, call.language, rescue=False) if said else None
        return found if isinstance(found, Match) and found.band == "sure" else None

    def _hand_on(self, call: Call, chosen: Match | None) -> None:
        """What was said beside the choice waits for its question; what waited before is gone."""
        for name in self.answers_ahead:
            call.said.pop(name, None)
        if chosen is None or chosen.by != "voice":
            return
        heard = as_heard(chosen.said, chosen.confidence)
        numbered = says_in_full(heard, call.language)
        call.said.update({name: heard for name in self.answers_ahead if numbered or name in call.flows.menus})

    def _order(self, call: Call) -> tuple[str, ...]:
        """The choices as they are offered: what the caller's segment has first comes first."""
        first = (name for name in call.known.segment.menu_first if name in self.choices)
        return tuple(dict.fromkeys((*first, *self.choices)))

    def _offered(self, call: Call) -> Prompt:
        """The prompt, and what is on offer."""
        offers: Prompt = ()
        for name in self._order(call):
            words = self.choices[name].offer
            offers += call.prompt(words, f"offer_{name}") if words else ()
        return (*call.prompt(self.prompt), *offers)

    @override
    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield from super().prompts()
        for name, choice in self.choices.items():
            if choice.offer:
                yield ("choices", name, "offer"), choice.offer

    def exits(self) -> Iterator[Exit]:
        for name, choice in self.choices.items():
            yield Exit(name, choice.then, ("choices", name, "then"))
        yield self.failed_exit()

    @override
    def exit_title(self, label: str, language: str) -> str | None:
        choice = self.choices.get(label)
        phrases = choice.phrases.get(language) if choice else None
        if not choice or not phrases:
            return None
        return f"{phrases[0]} ({choice.key})" if choice.key else phrases[0]

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a menu goes on by its choices: remove `then`"
        if self.menu in self.answers_ahead:
            at = self.answers_ahead.index(self.menu)
            yield (
                ("answers_ahead", at),
                "this menu itself cannot be answered ahead by its own answer: take it out",
            )
        if "failed" in self.choices:
            yield (
                ("choices", "failed"),
                "`failed` is the exit after all retries: give the choice another name",
            )
