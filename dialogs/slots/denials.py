"""What of a sentence is wanted and what is denied: "la cafetera no, la batidora", "anything but Tuesday".

Rules:
1. A "not" goes with what follows it, or with what stands before it where nothing follows ("el martes no",
   "Tuesday doesn't suit me").
2. A denial ends at a comma, and where the sentence begins anew: "sino", "es", "quiero", "mejor".
3. "La cafetera no la batidora" may mean either, as nobody hears commas: then both are told, and neither is denied.
4. A "no" by itself before what is wanted ("no, el jueves") denies nothing that is named, and makes it doubtful.
5. What stands in a denial beside other words ("no me llega el pedido") may be what it is about: it is denied, and
   not refused outright as in "no quiero el pedido".
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from dialogs.slots.fillers import FILLERS
from dialogs.slots.hedges import NO, hedges_begin, without_hedges
from dialogs.slots.words import Words, phrases_of, plain, tokens

_LONGEST_HEDGE = 5

Standing = Literal["wanted", "doubted", "denied", "refused"]
"""How something stands that is named: wanted; with a "not" near that may be its; in a denial that may be about
something else; in one that is about nothing but it."""


@dataclass(frozen=True)
class Parted:
    """A sentence by what is wanted and denied; an open denial has nothing that tells where it ends."""

    wanted: str
    denied: tuple[str, ...] = ()
    open: str = ""
    """The denial that runs to the end of the sentence; one of `denied`."""
    either: tuple[str, ...] = ()
    """Two things of which nobody can tell which one is denied."""


@dataclass(frozen=True)
class _Table:
    excepted: tuple[Words, ...]
    """All but what follows."""
    unsuited: tuple[Words, ...]
    """Said behind a "not" of what stands before it, or may follow it."""
    anew: tuple[Words, ...]
    agrees: tuple[Words, ...]
    """Said of what is wanted, at its end."""
    empty: frozenset[str]
    joins: frozenset[str]
    minutes: frozenset[str] = frozenset()
    """Behind a "menos" they are the clock's."""
    subject_first: frozenset[str] = frozenset()
    """Words of denial whose subject stands before them."""
    every: frozenset[str] = frozenset()
    """Behind these a "but" excepts."""


_TABLES: Mapping[str, _Table] = {
    "es": _Table(
        phrases_of("menos|excepto|salvo|exceptuando|quitando|a excepción de|con excepción de|aparte de|en vez de|en lugar de|que no sea|que no sean"),
        phrases_of("puedo|podemos|puede ser|puede|quiero|queremos|quería|necesito|me va|me va bien|me viene|me viene bien|me sirve|me interesa|me vale|me conviene|me gusta|me refiero a|es|son|era|sea|busco|llamo por|hablo de|quiero ni"),
        phrases_of("sino|sino que|pero|pero sí|mejor|quiero|quería|prefiero|es|son|era|me refiero a|digo|deme|dame|póngame|necesito|llamo por|busco|hablo de"),
        phrases_of("sí|sí puedo|sí que puedo|puedo|sí que sí|sí me va bien|me va bien|me viene bien|perfecto|vale"),
        frozenset(tokens("el la los las lo un una de del que y e a al en para por yo me mi se pues mire oiga perdón no es son era quiero sí vale bueno")),
        frozenset(tokens("y e pero que porque")),
        frozenset(tokens("cuarto cinco diez veinte veinticinco")),
    ),
    "ca": _Table(
        phrases_of("menys|excepte|llevat de|llevat|tret de|tret|fora de|en comptes de|en lloc de|en vez de|a part de|que no sigui|que no siguin"),
        phrases_of("puc|podem|pot ser|vull|volem|volia|necessito|em va|em va bé|em ve|em ve bé|em serveix|m'interessa|em convé|m'agrada|em refereixo a|és|són|era|sigui|busco|truco per|parlo de"),
        phrases_of("sinó|sinó que|però|però sí|millor|vull|volia|prefereixo|és|són|era|em refereixo a|dic|doni'm|posi'm|necessito|truco per|busco|parlo de"),
        phrases_of("sí|sí que puc|sí puc|puc|em va bé|sí que em va bé|sí em va bé|perfecte|val"),
        frozenset(tokens("el la els les lo un una de del que i a al en per jo em me mi es doncs miri perdó no és són era vull sí val bé")),
        frozenset(tokens("i però que perquè")),
        frozenset(tokens("cinc deu vint vint-i-cinc quart")),
    ),
    "en": _Table(
        phrases_of("except|except for|excluding|apart from|other than|instead of|rather than|but not|just not|anything but|everything but|all but|any but"),
        phrases_of("suit|suit me|suits me|work|work for me|good|good for me|do|make|make it|want|need|mean|be|the one|possible|convenient|fine|looking for|calling about|ok|okay"),
        phrases_of("but|it's|it is|is|rather|i want|i'd like|i'd rather|i would like|i prefer|i mean|i meant|make it|give me|instead"),
        phrases_of("does|is|can|works|suits me|is fine|works for me|does suit me|is good|is ok|is okay|i can|instead|please|would|is better"),
        frozenset(tokens("the a an one of for on at with and i it it's is that this that's no well yes to me my be want i'd like do please sorry")),
        frozenset(tokens("and but so because")),
        subject_first=frozenset(tokens("doesn't isn't won't wasn't")),
        every=frozenset(tokens("any anything all everything every everyone anyone whichever none nothing")),
    ),
}  # fmt: skip
_NOT_HERE = frozenset(
    tokens(
        "menos excepto salvo menys excepte tret llevat minus except but unless without nothing haven't hasn't hadn't"
    )
)
"""Of the words that take an answer away, those that are no "not"."""
_STOPS = (",", ";", ".", ":", "…", "!", "?")
_REASON = frozenset({"que", "porque", "perque", "because", "since"})
"""Behind a "not" these tell why: "el martes no, que trabajo"."""
_AGAINST = frozenset(
    plain(word)
    for words in (
        "mal fatal trabajo trabajando ocupado ocupada tampoco nunca menos excepto salvo imposible sin",
        "malament treballo treballant ocupat ocupada tampoc mai menys excepte llevat impossible sense",
        "bad badly work working busy never except impossible without",
    )
    for word in words.split()
)
"""Words that speak against what they stand beside: "por la tarde trabajo", "todo menos la mañana"."""
_MORE_OR_LESS = frozenset({"mas", "mes", "more"})
"""The first word of what `tokens` makes one word of."""
_NEAR = 3
"""Words beside a phrase among which one may speak against it."""


@dataclass
class _Stretch:
    denied: bool = False
    maybe: bool = False
    words: list[str] = field(default_factory=list)
    closed: bool = False
    anew: bool = False
    """Whether the sentence begins anew behind it."""
    at: list[int] = field(default_factory=list)
    """The places of its words."""
    by: Sequence[int] = ()
    """The places of the words that deny it."""


class _Reading:
    """One pass over a sentence."""

    def __init__(self, text: str, language: str, table: _Table) -> None:
        self.raw = text.split()
        self.words = tuple(plain(word) for word in self.raw)
        self.language, self.table = language, table
        self.no = NO.get(language, frozenset()) - _NOT_HERE
        self.known = table.empty | FILLERS.get(language, frozenset())
        self.stretches = [_Stretch()]
        at = 0
        while at < len(self.raw):
            at += self._step(at)
        self._close()

    def _step(self, at: int) -> int:
        if size := self._hedge(at):
            self._take(at, size)
            return size
        now = self.stretches[-1]
        if size := self._excepted(at):
            self._begin(denied=True, by=range(at, at + size))
            return size
        if self.words[at] in self.no:
            return self._denial(at)
        if now.denied and self._tells(now.words) and (size := self._phrase(at, self.table.anew)):
            now.closed = now.anew = True
            self._begin()
            return size
        self._take(at, 1)
        return 1

    def _denial(self, at: int) -> int:
        """A "not" at that place, and the words that go with it."""
        now = self.stretches[-1]
        behind = at + 1
        size = self._phrase(behind, self.table.unsuited) if not self._stops(at) else 0
        ends = behind + size >= len(self.raw) or self._stops(behind + size - 1)
        before = self.words[at - 1] if at else ""
        apart = before in self.table.joins or self.words[at] in ("ni", "nor", "neither")
        if self._tells(now.words) and not now.denied and not apart:
            reason = self.words[behind : behind + 1] and self.words[behind] in _REASON
            agreed = self.words[-1] in ("si", "does", "can") and size
            if ends or reason or self.words[at] in self.table.subject_first or agreed:
                now.denied = now.closed = True
                now.by = range(at, behind + size)
                self._begin()
                return 1 + size
            comma = at > 0 and self._stops(at - 1)
            self._begin(denied=True, maybe=not comma, by=range(at, behind + size))
            return 1 + size
        if ends and not size:
            return 1  # a "no" by itself
        self._begin(denied=True, by=range(at, behind + size))
        return 1 + size

    def _take(self, at: int, size: int) -> None:
        now = self.stretches[-1]
        now.words += self.raw[at : at + size]
        now.at += range(at, at + size)
        if not self._stops(at + size - 1):
            return
        if now.denied and self._tells(now.words):
            now.closed, now.anew = True, bool(self._phrase(at + size, self.table.anew))
            self._begin()
        elif not now.denied and at + size < len(self.raw) and self.words[at + size] not in self.no:
            self._begin()  # a "not" behind the comma may be that of what stands before it

    def _begin(self, *, denied: bool = False, maybe: bool = False, by: Sequence[int] = ()) -> None:
        self.stretches.append(_Stretch(denied, maybe, by=by))

    def _close(self) -> None:
        for before, one in pairwise(self.stretches):
            # "La batidora no es lo que quiero", "la batidora no por favor": nothing else can be meant.
            if one.maybe and not before.denied and not self._tells(one.words):
                before.denied, before.by = True, one.by
        self.stretches = [one for one in self.stretches if self._tells(one.words)]

    def parted(self) -> Parted:
        """The sentence as its wanted and its denied parts."""
        found = self.stretches
        either: tuple[str, ...] = ()
        for before, one in pairwise(found):
            if one.maybe and not before.denied:
                either = (self._text(before), self._text(one))
        last = found[-1] if found else _Stretch()
        return Parted(
            " ".join(self._text(one) for one in found if not one.denied),
            tuple(self._text(one) for one in found if one.denied),
            self._text(last) if last.denied and not last.closed and not last.maybe else "",
            either,
        )

    def standing(self, begin: int, end: int) -> Standing:
        """How what is named from one of the words to another (as `words_of` counts them) stands."""
        spans = self._spans()
        span = {place for place, (first, last) in enumerate(spans) if first < end and last > begin}
        found = self.stretches
        for one, after in zip(found, [*found[1:], _Stretch()], strict=False):
            if span.isdisjoint(one.at):
                continue
            # "No me funciona" may be what a thing is called.
            denied = one.denied and span.isdisjoint(one.by)
            if one.maybe if denied else after.maybe and span.isdisjoint(after.by):
                return "doubted"
            if denied:
                rest = [word for place, word in zip(one.at, one.words, strict=True) if place not in span]
                telling = [word for word in rest if plain(word) not in _AGAINST]
                return "denied" if self._tells(telling) else "refused"
        near = (*self.words[max(0, min(span) - _NEAR - 1) : min(span)], *self.words[max(span) + 1 :][:_NEAR])
        return "wanted" if (_AGAINST | self.no).isdisjoint(near) else "doubted"

    def only_denies(self) -> bool:
        """Whether nothing is told but what is denied; a mere "no" before it may answer what was said before."""
        if len(self.stretches) != 1 or not self.stretches[0].denied or self.stretches[0].closed:
            return False
        by = [self.words[place] for place in self.stretches[0].by]
        return len(by) > 1 or by != ["no"]

    def begins_anew(self) -> bool:
        """Whether the sentence begins anew behind each denial."""
        return all(one.anew for one in self.stretches if one.denied)

    def _spans(self) -> list[tuple[int, int]]:
        """Where each word as it was said stands among those of `words_of`."""
        spans: list[tuple[int, int]] = []
        for word in self.words:
            begin = spans[-1][1] if spans else 0
            spans.append((begin, begin + len(word.split())))
        return spans

    def _text(self, one: _Stretch) -> str:
        """Its words without what only joins it to the rest, or agrees to it."""
        words = list(one.words)
        while words and plain(words[-1]) in self.table.joins | {"i", "yo", "jo"}:
            words.pop()
        while words and plain(words[0]) in self.table.joins:
            words.pop(0)
        compared = tuple(plain(word) for word in words)
        sizes = [len(p) for p in self.table.agrees if not one.denied and compared[-len(p) :] == p]
        if sizes and max(sizes) < len(words):
            words = words[: -max(sizes)]
        return " ".join(words).strip(" ,;.:")

    def _stops(self, at: int) -> bool:
        return 0 <= at < len(self.raw) and self.raw[at].endswith(_STOPS)

    def _tells(self, words: list[str]) -> bool:
        return any(plain(word) not in self.known for word in words)

    def _phrase(self, at: int, phrases: tuple[Words, ...]) -> int:
        """How many words as they were said are the longest of the phrases there."""
        if not self._begins(at, {p[0] for p in phrases}):
            return 0
        most = max(map(len, phrases), default=0)
        for size in range(min(most, len(self.raw) - at), 0, -1):
            if tokens(" ".join(self.raw[at : at + size])) in phrases:
                return size
        return 0

    def _excepted(self, at: int) -> int:
        size = self._phrase(at, self.table.excepted)
        if size and self.words[at] in ("menos", "menys"):
            clock = at + size < len(self.raw) and self.words[at + size] in self.table.minutes
            return 0 if clock or (at and self.words[at - 1] == "mas") else size
        if not size and self.words[at] == "but" and not self.table.every.isdisjoint(self.words[:at]):
            return 1
        return size

    def _begins(self, at: int, first: Collection[str]) -> bool:
        """Whether one of these may be the first word there; asked at each word, before anything is compared."""
        if at >= len(self.words):
            return False
        there = tokens(self.words[at])
        # A sign without a word is passed over, and "más o menos" becomes another word where it stands whole.
        return not there or there[0] in first or there[0] in _MORE_OR_LESS

    def _hedge(self, at: int) -> int:
        if not self._begins(at, hedges_begin(self.language)):
            return 0
        for size in range(min(_LONGEST_HEDGE, len(self.raw) - at), 0, -1):
            words = tokens(" ".join(self.raw[at : at + size]))
            if words and not without_hedges(words, self.language)[0]:
                return size
        return 0


@lru_cache(maxsize=512)
def parted(text: str, language: str) -> Parted:
    """What is wanted and what is denied; all is wanted where nothing is denied, or the language has no table."""
    reading = _read(text, language)
    found = reading.parted() if reading else Parted(text)
    return found if found.denied or found.either else Parted(text)


def standing(text: str, language: str, places: Sequence[tuple[int, int]]) -> Standing:
    """How a thing stands that is named at these places of the sentence, each from a word to behind another, as
    `words_of` counts them: as it stands best. Wanted, where the language has no table."""
    reading = _read(text, language)
    if reading is None:
        return "wanted"
    stands = {reading.standing(begin, end) for begin, end in places}
    return next((one for one in _BEST_FIRST if one in stands), "wanted")


def only_denies(text: str, language: str) -> bool:
    """Whether nothing is told but what it is not: "no es el 4571"."""
    reading = _read(text, language)
    return reading is not None and reading.only_denies()


def begins_anew(text: str, language: str) -> bool:
    """Whether the sentence begins anew behind whatever it denies ("…, quiero …"): nothing else can be meant then."""
    reading = _read(text, language)
    return reading is None or reading.begins_anew()


@lru_cache(maxsize=512)
def _read(text: str, language: str) -> _Reading | None:
    table = _TABLES.get(language)
    return _Reading(text, language, table) if table else None


_BEST_FIRST: tuple[Standing, ...] = ("wanted", "doubted", "denied", "refused")
