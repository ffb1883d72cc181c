"""Whole numbers in words: cardinals, shortened and inflected as the language wants them before a noun."""

from __future__ import annotations

import re

from num2words import num2words

from dialogs.spoken_regions import HOME, british

Said = tuple[str, str]
"""The words, and how a person reads them."""

MINUS = {"es": "menos", "ca": "menys", "en": "minus", "ko": "마이너스"}


def say_number(
    value: int, language: str, *, before_noun: bool = False, feminine: bool = False, region: str = HOME
) -> str:
    """A whole number in words; `before_noun` shortens and inflects it: "veintiún", "doscientas"."""
    words: str = num2words(abs(value), lang=language)
    if language == "en":
        words = words.replace(",", "")
        words = words if british(region) else words.replace(" and ", " ")
    if language == "es":
        words = _spanish(words, before_noun=before_noun, feminine=feminine)
    if language == "ca":
        words = _catalan(words, abs(value), before_noun=before_noun, feminine=feminine)
    return f"{MINUS[language]} {words}" if value < 0 else words


def _spanish(words: str, *, before_noun: bool, feminine: bool) -> str:
    # num2words says "veintiuno mil"; before a noun, and `mil` and `millones` are ones, `uno` shortens.
    words = re.sub(r"\bveintiuno (?=mil)", "veintiún ", words)
    words = re.sub(r"\buno (?=mil)", "un ", words)
    if feminine:
        head, millions, tail = words.rpartition("mill")
        tail = re.sub(r"cientos\b", "cientas", tail)
        tail = re.sub(r"quinientos\b", "quinientas", tail)
        tail = re.sub(r"uno\b", "una", tail) if before_noun else tail
        return head + millions + tail
    if before_noun:
        words = re.sub(r"\bveintiuno$", "veintiún", words)
        words = re.sub(r"\buno$", "un", words)
    return words


def _catalan(words: str, value: int, *, before_noun: bool, feminine: bool) -> str:
    if feminine:
        # "dues-centes mil lliures", "cinc-centes una"; `milió` itself is masculine: "dos milions dues".
        head, millions, tail = re.fullmatch(r"(?:(.*) (mili\S+) ?)?(.*)", words).groups("")  # type: ignore[union-attr] # it fits anything
        tail = re.sub(r"\bdos\b", "dues", re.sub(r"-cents\b", "-centes", tail))
        tail = re.sub(r"\bun(?= mil|$)", "una", tail)
        return " ".join(filter(None, (head, millions, tail)))
    if not before_noun and value % 100 != 11 and value % 10 == 1:
        words = re.sub(r"un$", "u", words)  # counting: "vint-i-u"; before a noun: "vint-i-un euros"
    return words
