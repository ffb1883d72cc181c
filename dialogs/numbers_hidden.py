"""Numbers in what a caller has said, hidden: they may be a PIN that answers no question.

Rules:
1. Every number word counts, in any of the languages: whoever is asked in one may count in another.
2. All numbers of an utterance go, or none: the digits of a PIN are often said in two rows.
3. How many digits they are is counted generously; what may be four digits is taken for four.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from dialogs.call import MASK
from dialogs.results import Heard, Keyed, Match, NoInput, NoMatch
from dialogs.slots.naming import digit_strings, says_number
from dialogs.slots.words import Words, tokens

_LANGUAGES = ("es", "ca", "en")
_WITHIN = frozenset({"y", "i", "and", "o"})
"""Between number words they belong to the number."""
_MORE = frozenset({"doble", "triple", "double", "treble", "mil", "thousand", "hundred", "oh"})
"""Beside a number word they are a part of the number, and a digit or more."""
_DIGIT = re.compile(r"\d")


UNANSWERED = 4
"""Digits in what answers nothing, from which they are hidden: the shortest PIN."""
BESIDE = 4
"""Digits beyond those of the answer."""
_LONGEST_NAME = 8
"""Digits that may stand beside a matter: a case reference."""


def fit_to_keep(
    answer: Match | NoMatch | NoInput, given: Heard | Keyed | None
) -> tuple[Match | NoMatch | NoInput, Heard | Keyed | None]:
    """The answer and what was judged, as records, logs and watchers may have them: without numbers that were
    no part of the answer. They may be a PIN that was said in one go with the number before it."""
    if not isinstance(given, Heard) or isinstance(answer, NoInput):
        return answer, given
    least = _least(answer)

    def hidden(text: str) -> str:
        return hide_numbers(text, from_digits=least)

    heard = Heard(tuple(replace(one, text=hidden(one.text)) for one in given.alternatives))
    said = hidden(answer.said)
    if isinstance(answer, Match) and answer.value == answer.said:
        return replace(answer, said=said, value=said), heard
    return replace(answer, said=said), heard


def _least(answer: Match | NoMatch) -> int:
    if isinstance(answer, NoMatch):
        return UNANSWERED
    digits = answer.value.removeprefix("+")
    return (len(digits) if digits.isdecimal() else _LONGEST_NAME + 1 - BESIDE) + BESIDE


@lru_cache(maxsize=512)
def hide_numbers(text: str, *, from_digits: int) -> str:
    """The text with a mask for each row of number words, if there are so many digits in all of them."""
    runs = _runs(text.split())
    digits = sum(
        _digits(tuple(token for word in run for token in tokens(word))) for run, hidden in runs if hidden
    )
    if digits < from_digits:
        return text
    return " ".join(MASK if hidden else " ".join(run) for run, hidden in runs)


def _runs(words: list[str]) -> list[tuple[list[str], bool]]:
    """The words in rows, each of numbers or of other words."""
    runs: list[tuple[list[str], bool]] = []
    for at, word in enumerate(words):
        follows = at + 1 < len(words) and _is_number(words[at + 1])
        behind = bool(runs) and runs[-1][1]
        number = _is_number(word)
        if not number:
            said = tokens(word)
            number = any(one in _MORE for one in said) and (follows or behind)
            number = number or (behind and follows and any(one in _WITHIN for one in said))
        if runs and runs[-1][1] == number:
            runs[-1][0].append(word)
        else:
            runs.append(([word], number))
    return runs


def _is_number(word: str) -> bool:
    found = tokens(word)
    return bool(_DIGIT.search(word)) or any(
        says_number((token,), language) for token in found for language in _LANGUAGES
    )


def _digits(run: Words) -> int:
    written = len(_DIGIT.findall(" ".join(run)))
    spoken = sum(not _DIGIT.search(word) and word not in _WITHIN for word in run)
    read = (len(digits) for language in _LANGUAGES for digits, _cost in digit_strings(run, language))
    return max(written + spoken, *read, 0)
