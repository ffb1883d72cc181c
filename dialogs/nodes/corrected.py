"""What an answer is corrected to in the reply to its read-back: "no, el 4572", "not the fifth, the sixth".

Rules:
1. Whatever comes out is another value, and is read back again: a correction is never sure.
2. The same value said again, and nothing that denies or doubts it, is a yes.
3. A piece replaces its piece: behind "quince de marzo" a "no, el dieciséis" is the sixteenth of March,
   and a weekday is that week's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dialogs.nodes.places import put_in
from dialogs.results import Alternative, Heard, Match
from dialogs.slots.hedges import NO, cuts, denies, without_hedges
from dialogs.slots.numerals import number_words
from dialogs.slots.words import plain, words_of
from dialogs.slots.yes_no import behind_no, replies_in

MOST_WORDS = 16
"""Words; in a longer reply nobody corrects in passing."""
LEAST_WORDS_ANEW = 2
"""Words of free speech that may be an answer by themselves."""
_OF_A_PLACE = frozenset(
    plain(
        "el la los las número piso puerta portal escalera planta bloque primero segundo tercero cuarto quinto"
        " primera segunda tercera cuarta y en els les pis porta escala bloc primer segon tercer quart cinquè"
        " segona quarta cinquena i the number floor door flat apartment block first second third fourth fifth"
        " and on"
    ).split()
)
"""What stands beside a number in an address."""
_IT_IS = {
    "es": frozenset({"es", "era", "digo"}),
    "ca": frozenset({"es", "era", "dic"}),
    "en": frozenset({"it's", "it", "is", "its", "was"}),
}


@dataclass(frozen=True)
class ReadBack:
    """An answer as it was read back: its value, its words, the language, and what judges another one."""

    value: str
    words: str
    language: str
    judge: Callable[[Heard], object]

    def corrected_by(self, reply: Heard) -> Match | None:
        """The other value that the reply gives, or `None`."""
        for alternative in reply.alternatives:
            number = put_in(self.value, alternative.text, self.language)
            if number is not None:
                return self._placed(number, alternative)
            for said in self._ways(alternative):
                found = self._judged(said)
                if found is not None and found.value != self.value:
                    return replace(found, said=alternative.text, band="check")
        return None

    def _placed(self, number: str, alternative: Alternative) -> Match | None:
        """The number with one digit put in, if the question takes it; no digits are made of such words."""
        judged = self._judged(Alternative(" ".join(number), alternative.confidence))
        if judged is None or judged.value != number or number == self.value:
            return None
        return replace(judged, said=alternative.text, band="check")

    def repeated_by(self, reply: Heard) -> Match | None:
        """The yes of who says the same value again instead: "did you say 4571?" "four five seven one"."""
        found = self.judge(reply) if self.words else None
        if not isinstance(found, Match) or found.value != self.value:
            return None
        for alternative in reply.alternatives:
            words = words_of(alternative.text)
            doubted = without_hedges(words, self.language)[1] or cuts(words, self.language)
            if doubted or denies(alternative.text, self.language):
                return None
        return Match("yes", found.said, "voice", found.confidence)

    def _ways(self, alternative: Alternative) -> Iterator[Alternative]:
        """How the words may correct it, the likeliest first."""
        rest = next(iter(behind_no(Heard((alternative,))).alternatives), None)
        if rest is None:
            return
        no = NO.get(self.language, frozenset())
        bare = replace(rest, text=_from(rest.text, no))
        # "El quince no, el dieciséis" and "(not) the fifth, the sixth" are two answers.
        two = not no.isdisjoint(words_of(bare.text)) or self._judged(bare) is None
        if two:
            yield from self._halves(bare)
        yield self._behind_it(rest)
        yield rest

    def _halves(self, rest: Alternative) -> Iterator[Alternative]:
        """What stands behind this very value: "… the fifth, the sixth"."""
        words = rest.text.split()
        for at in range(1, len(words) if len(words) <= MOST_WORDS else 0):
            first = self._without_no(" ".join(words[:at]))
            same = Alternative(first, rest.confidence)
            if not first or self.value not in (self._value(same), self._value(self._behind_it(same))):
                continue
            later = Alternative(self._without_no(" ".join(words[at:])), rest.confidence)
            yield self._behind_it(later)
            yield later

    def _without_no(self, text: str) -> str:
        no = NO.get(self.language, frozenset())
        return " ".join(word for word in text.split() if plain(word) not in no)

    def _behind_it(self, rest: Alternative) -> Alternative:
        """As if all had been said in one breath, so that a piece finds its place."""
        return Alternative(f"{self.words}, no, {rest.text}", rest.confidence)

    def _value(self, said: Alternative) -> str | None:
        found = self._judged(said)
        return found.value if found is not None else None

    def _judged(self, said: Alternative) -> Match | None:
        found = self.judge(Heard((said,)))
        return found if isinstance(found, Match) else None


def _from(text: str, no: frozenset[str]) -> str:
    """The text from its first word that is no "no"."""
    words = text.split()
    begin = next((at for at, word in enumerate(words) if plain(word) not in no), len(words))
    return " ".join(words[begin:])


def spoken_anew(reply: Heard, language: str) -> Heard | None:
    """What follows a "no, es …" where the answer is free speech; `None` if it is not that plain.

    What still holds a reply or a "no" ("no, está mal la calle") tells what is wrong, and not what is right;
    what holds another "es" tells both ("no es calle Mayor, es calle Menor"); a number ("no, es el trece")
    is a piece of an address, and no address.
    """
    if not reply.alternatives or not behind_no(reply).alternatives:
        return None
    whole, rest = reply.alternatives[0], behind_no(reply).alternatives[0]
    words = rest.text.lstrip(" ,.;").split()
    begin = next((at for at, word in enumerate(words) if plain(word) not in _IT_IS.get(language, ())), 0)
    said = " ".join(words[begin:])
    twice = any(plain(word) in _IT_IS.get(language, ()) for word in words[begin:])
    tells = plain(said).startswith(("que ", "that ", "because "))  # "no, es que me he mudado"
    enough = len(words) - begin >= LEAST_WORDS_ANEW
    plainly = begin > 0 and enough and not twice and not tells and not replies_in(said, language)
    if not plainly or is_a_piece(said, language):
        return None
    return Heard((replace(rest, text=said),)) if rest.text != whole.text else None


def is_a_piece(said: str, language: str) -> bool:
    """Whether there is nothing but a number and what it counts."""
    known = _OF_A_PLACE | {plain(word) for word in number_words(language)}
    return all(word in known or word.isdecimal() for word in words_of(said))
