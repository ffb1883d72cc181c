"""`pick`: one of several rows that a look-up has found; callers say what they heard of it, or its key.

```yaml
- lookup: free_slots
  by: {service: technician, from_date: today}
  found: chosen
  missing: person
  slow: person
  error: person
- pick: chosen
  from: free_slots                # fields `date_1`, `time_1` … are the first row's
  rows: 3                         # so many at most
  value: slot                     # what fills `chosen`; without it, the row's place: 1, 2, 3
  keep: [date, time]              # fills `chosen_date` and `chosen_time`, too
  named_by: [date, time]          # by what callers tell one from the other
  prompt:
    es: "Tengo estas horas."
    ca: "Tinc aquestes hores."
    en: "I have these times."
  row:                            # how each is read out, and read back; its key is said behind it
    es: "El {date:weekday} a {time:time}"
    ca: "{date:weekday} a {time:time}"
    en: "{date:weekday} at {time:time}"
  called: {es: [cita, hora], ca: [cita, hora], en: [appointment, slot]}
  others:
    other_day:
      key: 4
      phrases: {es: [otro día, ninguna], ca: [un altre dia, cap], en: [another day, none of them]}
      offer: {es: "Otro día, cuatro.", ca: "Un altre dia, quatre.", en: "Another day, four."}
      then: person
```
Callers say "el martes a las once", "la de las diez y media", "la que acaba en 4571", "el de la cafetera", "la segunda"
or press the key. Days, times, amounts and digits are understood as by the questions for them; of a text, its words
count. What is enough is enough: a day alone where only one row has it. Where two rows fit, the caller is asked which of
these; what no row has is never taken for one that is near, the rows are read out again. A single row is taken without a
question; none goes to `failed`, so ask a `branch` before.

`row` may be a list: the first one counts whose values are all there. `words` names the codes of a field, in each
language; the first phrase is how it is said: `words: {topic: {internet: {es: [internet], …}}}`. `called` is what any row
is called, which tells none from the others. `others` are what else may be wanted, as the choices of a menu.

`in_full` names the question for which a row's number is one answer of many (`ask: order_id`): whoever has said a whole
number before, or says one that stands in no row, is led there, and it is taken. `another_day` does the same for days: it
names the question (`ask: wished_day`, `type: date`) to which whoever names a day that stands in no row is led; with
`weeks: true` there, so is "la semana que viene". Without such a question a week means the rows that lie in it.
```yaml catalogue
lookups:
  free_slots:
    by: [service, from_date]
    fields:
      slot_1: code
      date_1: date
      time_1: time
      slot_2: code
      date_2: date
      time_2: time
      slot_3: code
      date_3: date
      time_3: time
```
```yaml test
- test: by the day and the time that were read out
  data:
    free_slots:
      else: {slot_1: A1, date_1: 2026-11-24, time_1: "10:30", slot_2: A2, date_2: 2026-11-24, time_2: "11:00", slot_3: A3, date_3: 2026-11-26, time_3: "16:00"}
  steps:
    - say: {es: el martes a las once, ca: dimarts a les onze, en: Tuesday at eleven}
    - expect: {slots: {chosen: A2, chosen_date: 2026-11-24, chosen_time: "11:00"}}
- test: a day alone, and of two that fit one is asked for
  data:
    free_slots:
      else: {slot_1: A1, date_1: 2026-11-24, time_1: "10:30", slot_2: A2, date_2: 2026-11-24, time_2: "11:00", slot_3: A3, date_3: 2026-11-26, time_3: "16:00"}
  steps:
    - say: {es: el del martes, ca: el de dimarts, en: the one on Tuesday}
    - expect: {said: {es: más de una, ca: més d'una, en: more than one}, not_said: {es: jueves, ca: dijous, en: Thursday}}
    - say: {es: la de las diez y media, ca: la de dos quarts d'onze, en: the half past ten one}
    - expect: {slots: {chosen: A1}}
- test: what nobody offered is not taken for what is near
  data:
    free_slots:
      else: {slot_1: A1, date_1: 2026-11-24, time_1: "10:30", slot_2: A2, date_2: 2026-11-24, time_2: "11:00", slot_3: A3, date_3: 2026-11-26, time_3: "16:00"}
  steps:
    - say: {es: el jueves a las once, ca: dijous a les onze, en: Thursday at eleven}
    - expect: {said: [{es: no está entre, ca: no és entre, en: not one of}, {es: "jueves veintiséis", ca: "dijous vint-i-sis", en: "Thursday the twenty-sixth"}]}
    - key: 3
    - expect: {slots: {chosen: A3}}
- test: none of them
  data:
    free_slots:
      else: {slot_1: A1, date_1: 2026-11-24, time_1: "10:30", slot_2: A2, date_2: 2026-11-26, time_2: "16:00"}
  steps:
    - say: {es: otro día, ca: un altre dia, en: another day}
    - expect: {queue: billing}
- test: a single one is taken
  data:
    free_slots:
      else: {slot_1: A1, date_1: 2026-11-24, time_1: "10:30"}
  steps:
    - expect: {slots: {chosen: A1}}
```
"""

# ruff: noqa: E501 - the tables of the documentation's tests are read by rows

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Keys, Prompt
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.asked_back import certain
from dialogs.nodes.matters import as_heard
from dialogs.nodes.picking import ANOTHER_DAY, IN_FULL, MOST_KEYS, Offer, behind_phrase, says_in_full, those
from dialogs.nodes.question import Asked, Listening, Question
from dialogs.nodes.row_values import Field as RowField
from dialogs.nodes.row_values import Row, columns, rows_in
from dialogs.nodes.row_wording import CodeWords, RowWording, RowWords
from dialogs.nodes.step import NEXT, Exit, Run, Way
from dialogs.prompts import Words
from dialogs.results import Match
from dialogs.slots.choice import Key, Phrases
from dialogs.slots.choosing import Choice
from dialogs.source import nearest

MOST_NARROWED = 3
"""Times that a caller is asked which of these, at one question."""


class Other(BaseModel):
    """Something else than one of the rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key | None = Field(
        None, description="The key, behind those of the rows; without it, it is only said"
    )
    phrases: dict[str, Phrases] = Field(min_length=1, description="What callers say for it, by language")
    then: Name = Field(description="Where to go")
    offer: Words | None = Field(None, description="How it is offered, said behind the rows")


class Pick(Question):
    """One of several rows that a look-up has found."""

    type_name: ClassVar[str] = "pick"
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    pick: Name = Field(description="The slot that the choice fills")
    source: Name = Field(alias="from", description="The look-up whose rows are on offer")
    rows: int = Field(3, ge=2, le=MOST_KEYS, description="How many rows it gives at most")
    value: Name | None = Field(None, description="The field that fills the slot; without it, the row's place")
    keep: list[Name] = Field(
        default_factory=list, max_length=6, description="Fields of the row that fill `<slot>_<field>`"
    )
    named_by: list[Name] = Field(
        min_length=1, max_length=4, description="The fields by which callers tell one row from the other"
    )
    row: RowWords = Field(
        min_length=1, max_length=4, description="How a row is read out; of a list, the first that can be said"
    )
    words: dict[Name, CodeWords] = Field(
        default_factory=dict, description="For fields with codes: what each code is called, by language"
    )
    called: dict[str, Phrases] = Field(
        default_factory=dict, description="What any row is called, by language; it tells none from the others"
    )
    others: dict[Name, Other] = Field(
        default_factory=dict, max_length=8, description="What else may be wanted, each by its name"
    )
    in_full: Name | None = Field(
        None, description="The question for such a number; who has said a whole one is led there"
    )

    another_day: Name | None = Field(
        None, description="The question for a day; whoever names one that stands in no row is led there"
    )

    def run(self, call: Call) -> Run:
        if self.in_full and (
            self.pick in call.ahead or says_in_full(call.said.get(self.pick), call.language)
        ):
            return IN_FULL
        rows = self._rows(call)
        if len(rows) == 1:
            return self._filled(call, rows[0])
        answer = yield from self._answered(call, rows) if rows else _nothing()
        if answer is None:
            return "failed"
        if answer.value == IN_FULL:
            call.said[self.pick] = as_heard(answer.said, answer.confidence)
        if self.another_day and answer.by == "voice":
            heard = as_heard(self._day_in(answer.value, answer.said, call.language), answer.confidence)
            if isinstance(self._offer(call, rows, rows).says_another_day(heard, call.asking), Match):
                call.said[self.another_day] = heard
        place = next((row for row in rows if str(row.place) == answer.value), None)
        return answer.value if place is None else self._filled(call, place)

    def _day_in(self, value: str, said: str, language: str) -> str:
        """The words that may name a day: all, or what stands behind "otro día"."""
        other = self.others.get(value)
        leads = other.phrases.get(language, ()) if other and other.then == self.another_day else ()
        return said if value == ANOTHER_DAY else behind_phrase(said, leads)

    def _answered(self, call: Call, rows: Sequence[Row]) -> Listening:
        offered = rows
        for narrowed in range(MOST_NARROWED):
            answer = yield from certain(
                call, self._asked(call, rows, offered, narrowed=narrowed > 0), self._read_back(call, rows)
            )
            if answer is None or not (places := those(answer.value)):
                return answer
            offered = [row for row in rows if row.place in places]
        return None

    def _rows(self, call: Call) -> list[Row]:
        """The rows that are there: those whose value is, or, without one, something that names them."""
        schema = call.flows.catalogue.lookups.get(self.source)
        record = call.records.get(self.source, {})
        fields = columns(schema, self.rows) if schema else {}
        return rows_in(record, fields, self.rows, [self.value] if self.value else self.named_by)

    def _filled(self, call: Call, row: Row) -> str:
        call.fill(self.pick, str(row.values[self.value] if self.value else row.place))
        for name in self.keep:
            call.slots.pop(f"{self.pick}_{name}", None)
            if row.values.get(name) is not None:
                call.fill(f"{self.pick}_{name}", str(row.values[name]))
        return NEXT

    # --- what is said ---

    def _asked(self, call: Call, rows: Sequence[Row], offered: Sequence[Row], *, narrowed: bool) -> Asked:
        offer = self._offer(call, rows, offered)

        def listed() -> Prompt:
            said = [self._wording.read_out(call, row, with_key=True) for row in offered]
            return (*(part for one in said for part in one), *self._others_offered(call))

        def opening() -> Prompt:
            return call.because("several_fit") if narrowed else call.prompt(self.prompt)

        return Asked(
            step=self,
            kind="menu",
            say=lambda: (*opening(), *listed()),
            phrases=offer.phrases(call.asking),
            words=(),
            keys=Keys(1, 1),
            judge=lambda answer: offer.judge(answer, call.asking),
            keypad="keypad_menu",
            # "El martes… a las once": whoever has named a day may go on.
            final_silence=1.1,
            behind=listed,
        )

    def _offer(self, call: Call, rows: Sequence[Row], offered: Sequence[Row]) -> Offer:
        schema = call.flows.catalogue.lookups.get(self.source)
        types = columns(schema, self.rows) if schema else {}
        fields = tuple(
            RowField(name, types.get(name, "text"), self._wording.names(name, call.language))
            for name in self.named_by
        )
        others = tuple(Choice(name, one.key or "", one.phrases) for name, one in self.others.items())
        nouns = tuple(self.called.get(call.language, ()))
        day = getattr(call.flow.steps.get(self.another_day or ""), "kind", None)
        return Offer(rows, offered, fields, others, nouns, in_full=bool(self.in_full), day=day)

    @property
    def _wording(self) -> RowWording:
        return RowWording(self.source, self.row, self.words)

    def _read_back(self, call: Call, rows: Sequence[Row]) -> Any:
        def told(value: str) -> tuple[str, str]:
            row = next((row for row in rows if str(row.place) == value), None)
            if row is None:
                other = self.others.get(value)
                title = other.phrases[call.language][0] if other else value
                return title, title
            said = self._wording.read_out(call, row, with_key=False)
            return " ".join(s.text for s in said), " ".join(s.shown or s.text for s in said)

        return told

    def _others_offered(self, call: Call) -> Prompt:
        offers: Prompt = ()
        for name, other in self.others.items():
            offers += call.prompt(other.offer, f"offer_{name}") if other.offer else ()
        return offers

    # --- what the checker and diagrams ask ---

    @override
    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield from super().prompts()
        for at, place, words in self._wording.of_all(self.rows):
            yield ("row", at, place), words
        for name, other in self.others.items():
            if other.offer:
                yield ("others", name, "offer"), other.offer

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        for name, other in self.others.items():
            yield Exit(name, other.then, ("others", name, "then"))
        if self.in_full:
            yield Exit(IN_FULL, self.in_full, ("in_full",))
        if self.another_day:
            yield Exit(ANOTHER_DAY, self.another_day, ("another_day",))
        yield self.failed_exit()

    @override
    def exit_title(self, label: str, language: str) -> str | None:
        other = self.others.get(label)
        phrases = other.phrases.get(language) if other else None
        return phrases[0] if phrases else None

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        schema = catalogue.lookups.get(self.source)
        if label != NEXT or schema is None:
            return {}
        types = columns(schema, self.rows)
        kept: dict[str, ValueType] = {f"{self.pick}_{name}": types.get(name, "text") for name in self.keep}
        for name in self.keep:
            if types.get(name) == "money":
                kept[f"{self.pick}_{name}_currency"] = "text"
        return {self.pick: types.get(self.value, "text") if self.value else "text", **kept}

    @override
    def needs(self) -> Iterator[tuple[Way, str]]:
        if self.value:
            yield ("value",), f"{self.source}.{self.value}_1"

    @override
    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[Way, str]]:
        for name, other in self.others.items():
            yield from _lacking(other.phrases, ("others", name, "phrases"), languages)
        for field, codes in self.words.items():
            for code, names in codes.items():
                yield from _lacking(names, ("words", field, code), languages)

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        schema = catalogue.lookups.get(self.source)
        if schema is None:
            yield ("from",), f"unknown look-up `{self.source}`: {nearest(self.source, catalogue.lookups)}"
            return
        fields = columns(schema, self.rows)
        if not fields:
            yield ("from",), f"`{self.source}` has no rows: its fields must end in `_1` to `_{self.rows}`"
            return
        yield from self._misnamed(fields)
        taken: dict[str, str] = {}
        for name, other in self.others.items():
            if other.key and (other.key == "0" or int(other.key) <= self.rows):
                why = "a person everywhere" if other.key == "0" else "a row"
                yield ("others", name, "key"), f"key {other.key} is for {why}: choose another"
            elif other.key and taken.setdefault(other.key, name) != name:
                message = f"key {other.key} is also that of `{taken[other.key]}`: choose another"
                yield ("others", name, "key"), message
            if name in (NEXT, "failed", IN_FULL, ANOTHER_DAY) or name.isdecimal():
                yield ("others", name), f"`{name}` is an exit of its own: give the choice another name"

    def _misnamed(self, fields: Mapping[str, ValueType]) -> Iterator[tuple[Way, str]]:
        """Names that are no field of a row."""
        used: list[tuple[Way, str]] = [(("named_by", at), name) for at, name in enumerate(self.named_by)]
        used += [(("keep", at), name) for at, name in enumerate(self.keep)]
        used += [(("words", name), name) for name in self.words]
        used += [(("value",), self.value)] if self.value else []
        for at, words in enumerate(self.row):
            used += [(("row", at), name) for one in words.values() for name in one.names]
        for way, name in used:
            if name not in fields:
                yield way, f"a row of `{self.source}` has no `{name}`: {nearest(name, fields)}"
        for at, name in enumerate(self.named_by):
            if fields.get(name) == "boolean":
                yield ("named_by", at), f"nobody names a row by yes or no: take `{name}` out"
        if self.another_day and all(fields.get(name) != "date" for name in self.named_by):
            yield ("another_day",), "no row is named by a day: take `another_day` out"


def _nothing() -> Listening:
    yield from ()
    return None


def _lacking(
    phrases: Mapping[str, Sequence[str]], way: Way, languages: Sequence[str]
) -> Iterator[tuple[Way, str]]:
    for language in languages:
        if language not in phrases:
            yield way, f'no phrases in `{language}`: add `{language}: ["…"]`'
