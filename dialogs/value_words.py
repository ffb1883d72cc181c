"""Every word that values can be made of: what a studio records so that numbers and dates are joined from it.

Texts, not words: the studio's list takes them apart as calls do (`speech.joining`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from dialogs.errors import ValueUnspeakable
from dialogs.expressions import Value
from dialogs.flow import FlowSet
from dialogs.spoken import DEFAULT_FORMAT, say
from dialogs.spoken_letters import LETTERS
from dialogs.spoken_regions import HOME

_WHOLE = (*range(201), *range(300, 1000, 100), 1000, 2000, 21_000, 1_000_000, 2_000_000)
_LEAP_YEAR = date(2024, 1, 1)
_FORMS = ("money", "number", "digits", "date", "weekday", "time", "phone", "spell")


def formats_in(flows: FlowSet) -> tuple[str, ...]:
    """The formats in which these flows say values: those of their prompts, and of answers read back."""
    used = {
        DEFAULT_FORMAT.get(kind, "text") for name, kind in flows.types.items() if "." not in name
    }  # any slot may be read back
    for flow in flows.flows.values():
        for step in flow.steps.values():
            for _way, words in step.prompts():
                for template in words.values():
                    for part in template.parts:
                        if isinstance(part, Value):
                            kind = flows.types.get(part.name, "text")
                            used.add(part.format or DEFAULT_FORMAT.get(kind, "text"))
    return tuple(form for form in _FORMS if form in used)


def texts_of_values(form: str, language: str, currency: str, *, region: str = HOME) -> Iterator[str]:
    """Texts that together hold every word which that format can say, a few of billions aside."""
    for value in _values(form, language):
        try:
            words, _shown = say(form, value, name=form, language=language, currency=currency, region=region)
        except ValueUnspeakable:
            continue  # that language has no words for it, on calls neither
        yield words


def _values(form: str, language: str) -> Iterator[int | str]:
    digits = "0123456789"
    letters: Mapping[str, str] = LETTERS.get(language, dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""))
    match form:
        case "money":
            yield from (-1, 1, 101, *range(2, 100), *(whole * 100 for whole in _WHOLE))
        case "number":
            yield from (-1, *_WHOLE)
        case "digits":
            yield digits
        case "phone":
            yield from (digits[1:], "+34600111222", *(f"+{code}" for code in range(20, 100)))
        case "spell":
            yield from ("".join(letters), digits)
        case "time":
            yield from (f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60))
        case "date":
            days = (_LEAP_YEAR + timedelta(days=at) for at in range(366))
            yield from (day.isoformat() for day in days)
            yield from (f"{year}-01-02" for year in range(1900, 2060))
        case "weekday":
            yield from ((_LEAP_YEAR + timedelta(days=at)).isoformat() for at in range(217))
