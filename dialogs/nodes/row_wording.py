"""How a row is read out: the designer's words with the fields of that row, and its key behind them.

In these words a field has its bare name: `{date:weekday}` is `{free_slots.date_2:weekday}` of the second row.
A code is said by what it is called (`words`), never as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from dialogs.call import Call
from dialogs.effects import Prompt
from dialogs.expressions import Template, Value
from dialogs.nodes.row_values import Row
from dialogs.plain_values import as_list_of_words
from dialogs.prompts import Words
from dialogs.slots.choice import Phrases
from dialogs.spoken import DIGITS

_WORDS_SCHEMA = {"type": "object", "additionalProperties": {"type": ["string", "number"]}, "minProperties": 1}
RowWords = Annotated[
    list[Words],
    BeforeValidator(as_list_of_words),
    WithJsonSchema({"anyOf": [_WORDS_SCHEMA, {"type": "array", "items": _WORDS_SCHEMA, "minItems": 1}]}),
]
CodeWords = dict[str, dict[str, Phrases]]
"""Code → language → what it is called; the first is how it is said."""


@dataclass(frozen=True)
class RowWording:
    """The wordings of the rows of one look-up, the best one first."""

    source: str
    wordings: Sequence[Mapping[str, Template]]
    codes: Mapping[str, CodeWords]

    def names(self, field: str, language: str) -> Mapping[str, Sequence[str]] | None:
        """What the codes of a field are called; `None` if it has none."""
        codes = self.codes.get(field)
        return None if codes is None else {code: names.get(language, ()) for code, names in codes.items()}

    def read_out(self, call: Call, row: Row, *, with_key: bool) -> Prompt:
        """The row in the first wording whose values are all there; nothing if there is none."""
        language = call.language
        for at, words in enumerate(self.wordings):
            template = words.get(language)
            if template is not None and self._sayable(template, row, language):
                key = f", {DIGITS[language][row.place]}." if with_key else ""
                whole = self._of(template, row.place, behind=key)
                return call.prompt(
                    {language: whole}, part_of(at, row.place), called=self._called(row, language)
                )
        return ()

    def _called(self, row: Row, language: str) -> Mapping[str, str]:
        """What the codes of a row are called."""
        named = {
            name: (self.names(name, language) or {}).get(str(row.values.get(name))) for name in self.codes
        }
        return {f"{self.source}.{name}_{row.place}": names[0] for name, names in named.items() if names}

    def of_all(self, rows: int) -> Iterator[tuple[int, int, Mapping[str, Template]]]:
        """Every wording of every row: its number, the row's place, and the words by language."""
        for at, words in enumerate(self.wordings):
            for place in range(1, rows + 1):
                keys = {code: DIGITS[code][place] if code in DIGITS else str(place) for code in words}
                of_row = {
                    code: self._of(one, place, behind=f", {keys[code]}.") for code, one in words.items()
                }
                yield at, place, of_row

    def _sayable(self, template: Template, row: Row, language: str) -> bool:
        for name in template.names:
            value = row.values.get(name)
            names = self.names(name, language)
            if value in (None, "") or (names is not None and not names.get(str(value))):
                return False
        return True

    def _of(self, template: Template, place: int, *, behind: str) -> Template:
        parts: list[str | Value] = [
            Value(f"{self.source}.{part.name}_{place}", part.format) if isinstance(part, Value) else part
            for part in template.parts
        ]
        if behind and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip(" .") + behind
        elif behind:
            parts.append(behind)
        return Template(template.source, tuple(parts))


def part_of(wording: int, place: int) -> str:
    """What the studio calls its recording, within the step."""
    return f"row_{place}" if not wording else f"row_{place}_{wording + 1}"
