"""What callers say about their own answer: that they correct it, doubt it, or do not mean it.

Rules:
1. What was corrected or doubted ("creo que …", "no, perdón, …") is asked back, never taken for sure.
2. A correction cuts the utterance. Where the whole answer follows it, that is the answer; where only a piece
   follows, it replaces as much of what stands before as makes the answer whole.
3. A range ("de dos a cuatro") is no answer, and neither is what the caller says it is not ("no tengo el …").
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from dialogs.slots.words import Words, phrases_of, plain, starts

Cut = Literal["pause", "sorry", "no"]
"""How strongly what stands before is taken back: "espere", "perdón", "no"."""

_Phrases = tuple[Words, ...]

_HEDGES: Mapping[str, _Phrases] = {
    "es": phrases_of(
        "creo|creo que|yo creo|yo creo que|me parece|me parece que|me suena|me suena que|diría|diría que|yo diría"
        "|yo diría que|supongo|supongo que|imagino|imagino que|me imagino|me imagino que|quizá|quizás|tal vez"
        "|a lo mejor|puede que|puede que sea|igual|igual es|no sé si|no sé si es|no sé|no lo sé|no estoy seguro"
        "|no estoy segura|no estoy muy seguro|no estoy muy segura|no estoy seguro pero|no estoy segura pero"
        "|si no me equivoco|si no recuerdo mal|si mal no recuerdo|o algo así|o así|algo así|algo así como"
        "|probablemente|posiblemente|seguramente|debe ser|debe de ser|debería ser|tiene que ser|será|por ahí"
        "|de memoria|más o menos|aproximadamente|casi seguro|juraría que|me lo estoy inventando|depende|si puedo"
        "|si acaso|en principio|o no|verdad|puede ser que|podría ser que|calculo|calculo que|como mucho|como máximo|como mínimo"
        "|mínimo|máximo|a lo sumo|parece|parece que|parece ser|parece ser que|según creo|que yo sepa|que yo recuerde|si no recuerdo"
    ),
    "ca": phrases_of(
        "crec|crec que|jo crec|jo crec que|em sembla|em sembla que|em sona|em sona que|diria|diria que|jo diria"
        "|jo diria que|suposo|suposo que|m'imagino|m'imagino que|imagino que|potser|potser és|tal vegada|si de cas"
        "|pot ser que|igual|igual és|no sé si|no sé si és|no sé|no ho sé|no estic segur|no estic segura"
        "|no n'estic segur|no n'estic segura|no estic segur però|no estic segura però|si no m'equivoco"
        "|si no recordo malament|si no ho recordo malament|o alguna cosa així|o així|una cosa així|probablement"
        "|possiblement|segurament|deu ser|deu ser el|ha de ser|hauria de ser|serà|per aquí|de memòria|més o menys"
        "|aproximadament|juraria que|depèn|si puc|en principi|o no|veritat|oi|calculo|calculo que|com a molt|com a màxim|com a mínim"
        "|mínim|màxim|pel cap alt|pel cap baix|a tot estirar|almenys|sembla|sembla que|sembla ser|sembla ser que|segons crec"
        "|que jo sàpiga|que jo recordi|em penso|em penso que"
    ),
    "en": phrases_of(
        "i think|i think it's|i think so|i believe|i guess|i suppose|i reckon|i'd say|i would say|maybe|perhaps"
        "|probably|possibly|might be|it might be|could be|it could be|should be|it should be|must be|it must be"
        "|i'm not sure|i am not sure|not sure|not sure but|i'm not sure but|i'm not sure if|don't know|i don't know"
        "|i don't know if|dunno|if i remember|if i remember right|if i remember correctly|if i'm not mistaken"
        "|if i'm right|something like|something like that|or something|or something like that|or so|or thereabouts"
        "|roughly|approximately|more or less|presumably|apparently|from memory|off the top of my head|isn't it"
        "|or not|hopefully|if i can|it depends|depends|ish|i hope|if possible|might|i may|we may|may pay|at most|at least"
        "|minimum|maximum|up to|it seems|it seems to be|seems to be|seems like|it seems like|looks like|it looks like|it appears"
        "|as far as i know|as far as i remember|as far as i recall"
    ),
}
"""That the caller is not sure, wherever it stands."""

_PAUSES: Mapping[str, _Phrases] = {
    "es": phrases_of(
        "espera|espere|espérate|espérese|un momento|un momentito|un segundo|un minuto|un segundito|a ver|déjeme ver"
        "|déjame ver|que lo busco|que lo miro|cómo era|cómo es"
    ),
    "ca": phrases_of(
        "espera|esperi|espera't|esperi's|un moment|un momentet|un segon|un minut|a veure|deixi'm veure|que ho busco"
        "|que ho miro|com era|com és"
    ),
    "en": phrases_of(
        "wait|wait a minute|wait a moment|hang on|hang on a minute|hang on a second|hold on|hold on a moment"
        "|hold on a second|hold on a minute|one moment|a moment|one second|a second|just a second|one sec|a sec"
        "|just a moment|just a minute|let me see|let me check|let me look|let me think"
    ),
}
_SORRY: Mapping[str, _Phrases] = {
    "es": phrases_of("perdón|perdone|perdona|disculpe|disculpa|lo siento|ay|uy|huy|ups|ostras|uf"),
    "ca": phrases_of("perdó|perdoni|perdona|disculpi|disculpa|ho sento|em sap greu|ai|ui|ups|ostres|uf"),
    "en": phrases_of(
        "sorry|i'm sorry|i am sorry|pardon|pardon me|excuse me|oops|whoops|apologies|my apologies"
    ),
}
_CORRECTIONS: Mapping[str, _Phrases] = {
    "es": phrases_of(
        "no|que no|quiero decir|quería decir|quise decir|mejor|mejor dicho|digo|corrijo|me corrijo|rectifico"
        "|miento|me equivoqué|me he equivocado|me equivoco|me he confundido|me confundí|me he liado|que diga"
        "|bórrelo|borre eso|otra vez|repito|empiezo otra vez|empiezo de nuevo|vuelvo a empezar|de nuevo|en realidad"
        "|es decir|o sea|está mal|sino|sino que"
    ),
    "ca": phrases_of(
        "no|que no|vull dir|volia dir|millor|millor dit|dic|corregeixo|em corregeixo|rectifico|menteixo"
        "|m'he equivocat|m'equivoco|m'he confós|m'he confosa|m'he liat|esborri-ho|una altra vegada|un altre cop"
        "|repeteixo|torno a començar|començo de nou|en realitat|és a dir|o sigui|està malament|sinó|sinó que"
    ),
    "en": phrases_of(
        "no|nope|nah|i mean|i meant|i mean to say|rather|or rather|make that|make it|actually|correction"
        "|scratch that|strike that|let me start again|i'll start again|start again|let me start over|start over"
        "|i was wrong|that's wrong|that was wrong|my mistake|my bad|again|once again|once more|i repeat|let me repeat"
        "|that is|i said|no it's"
    ),
}
_HESITATIONS = frozenset(
    plain(
        "eh em mmm mm ah oh hum um uh er erm ay y i and que pero però but es és its it's is el la the"
    ).split()
)
"""What may stand between two words of one correction: "no, eh, perdón"."""

NO: Mapping[str, frozenset[str]] = {
    "es": frozenset({"no", "ni", "tampoco", "nunca", "menos", "excepto", "salvo", "jamas"}),
    "ca": frozenset({"no", "ni", "tampoc", "mai", "menys", "excepte", "tret", "llevat"}),
    "en": frozenset(
        plain(
            "no not never neither nor minus except but unless don't can't cannot won't isn't wasn't aren't doesn't"
            " didn't wouldn't couldn't nothing without haven't hasn't hadn't shouldn't dont cant wont isnt"
        ).split()
    ),
}
"""Words that take an answer away."""
BETWEEN = {"es": frozenset({"entre"}), "ca": frozenset({"entre"}), "en": frozenset({"between"})}
AFTER_NO: Mapping[str, frozenset[str]] = {
    "es": frozenset(
        plain("no es son el la los las en para perdón perdone disculpe digo era eran día eh mejor a").split()
    ),
    "ca": frozenset(
        plain("no és són el la els les en per perdó perdoni disculpi dic era eren dia eh millor a").split()
    ),
    "en": frozenset(plain("no it's it is the on at sorry actually that's its i said make er um").split()),
}
"""What may stand between a "no" that rejects what we understood before and the answer: "no, es el martes"."""
_WITHOUT: Mapping[str, frozenset[str]] = {
    "es": frozenset(
        plain(
            "tengo tiene quiero quería puedo podré recuerdo acuerdo encuentro veo conozco vale sirve sé sale llega"
            " funciona reconozco entiendo llame llamen llaméis vivo use usen"
        ).split()
    ),
    "ca": frozenset(
        plain(
            "tinc té vull volia puc podré recordo trobo veig conec val serveix sé surt arriba funciona reconec entenc truqui truquin truqueu visc faci facin"
        ).split()
    ),
    "en": frozenset(
        plain(
            "have got want can remember find see know recognise understand longer working call ring live use"
        ).split()
    ),
}
"""Behind a "no", these say that there is no answer: "no tengo el cuatro cinco …"."""

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "es": ("perdón", "no perdón", "espere"),
    "ca": ("perdó", "no perdó", "esperi"),
    "en": ("sorry", "no sorry", "hang on"),
}
"""For a recogniser's grammar, which hears nothing that is not in it: a correction that goes unheard makes a wrong
answer sure. A lone "no" is left out, because it is taken for "nou", "uno" or "oh"; each phrase more costs
accuracy, so doubts, which mostly leave the value right, are not listed."""

_ANOTHER: Mapping[str, frozenset[str]] = {
    "es": frozenset({"otro", "otra", "distinto", "distinta", "diferente"}),
    "ca": frozenset({"altre", "altra", "diferent"}),
    "en": frozenset({"another", "other", "different"}),
}
"""And so do these, wherever they stand: "no es el cuatro cinco …, es otro"."""


def denies(text: str, language: str) -> bool:
    """Whether there is a "no" in the utterance; "las cinco menos cuarto" has none."""
    no = NO.get(language, frozenset()) - {"menos", "menys", "minus"}
    return not no.isdisjoint(plain(text).split())


def denied(words: Words, language: str) -> bool:
    """Whether one of the words takes away what stands beside it."""
    return not NO.get(language, frozenset()).isdisjoint(words)


@cache
def hedges_begin(language: str) -> frozenset[str]:
    """The words with which one begins that only says that the caller is unsure."""
    return frozenset(phrase[0] for phrase in _HEDGES.get(language, ()))


@lru_cache(maxsize=1024)
def without_hedges(words: Words, language: str) -> tuple[Words, bool]:
    """The words without those that only say that the caller is unsure, and whether there were any."""
    hedges = _HEDGES.get(language, ())
    kept: list[str] = []
    at = 0
    while at < len(words):
        size = starts(words, at, hedges)
        if not size:
            kept.append(words[at])
        at += size or 1
    return tuple(kept), len(kept) < len(words)


def corrects(words: Words, language: str) -> bool:
    """Whether a correction stands among these words."""
    return any(_cut_at(words, at, language)[1] in ("no", "sorry") for at in range(len(words)))


def cuts(words: Words, language: str) -> bool:
    """Whether the caller stops there, if only to look something up."""
    return any(_cut_at(words, at, language)[1] for at in range(len(words)))


def taken_back(words: Words, at: int, language: str) -> int:
    """How many words there take back a yes or a no: "perdón", "digo"; a "no" is an answer itself."""
    size, cut = _cut_at(words, at, language)
    return size if cut == "sorry" or (cut == "no" and not denied(words[at : at + size], language)) else 0


def apology(words: Words, language: str) -> int:
    """How many words at the beginning apologise: "perdón", "lo siento"."""
    size, cut = _cut_at(words, 0, language)
    return size if cut == "sorry" else 0


def opens(word: str, language: str) -> bool:
    """Whether the word begins an apology or a pause, which change nothing before an answer: "perdón, el
    viernes"."""
    tables = (*_SORRY.get(language, ()), *_PAUSES.get(language, ()))
    return any(word in phrase for phrase in tables)


@dataclass(frozen=True)
class Told:
    """An utterance, cut where the caller takes something back."""

    parts: tuple[Words, ...]
    """One more than there are cuts; a part may be empty."""
    breaks: tuple[Cut, ...]
    hedged: bool


@lru_cache(maxsize=1024)
def told(words: Words, language: str) -> Told:
    """The utterance in its parts."""
    words, hedged = without_hedges(words, language)
    parts: list[Words] = []
    breaks: list[Cut] = []
    begin = at = 0
    while at < len(words):
        size, cut = _cut_at(words, at, language)
        if cut is None:
            at += 1
            continue
        gap = words[begin:at]
        if breaks and all(word in _HESITATIONS for word in gap):
            breaks[-1] = _stronger(breaks[-1], cut)  # one correction of several words
        else:
            parts.append(gap)
            breaks.append(cut)
        begin = at = at + size
    parts.append(words[begin:])
    return Told(tuple(parts), tuple(breaks), hedged)


def _cut_at(words: Words, at: int, language: str) -> tuple[int, Cut | None]:
    """The longest pause, apology or correction at that place."""
    best: tuple[int, Cut | None] = (0, None)
    tables: tuple[tuple[Cut, Mapping[str, _Phrases]], ...] = (
        ("no", _CORRECTIONS),
        ("sorry", _SORRY),
        ("pause", _PAUSES),
    )
    for cut, table in tables:
        size = starts(words, at, table.get(language, ()))
        if size > best[0]:
            best = size, cut
    return best


def _stronger(one: Cut, other: Cut) -> Cut:
    return "no" if "no" in (one, other) else "sorry" if "sorry" in (one, other) else "pause"


def has_none(part: Words, language: str) -> bool:
    """Whether the words behind a "no" say that there is no answer: "… tengo el cuatro cinco"."""
    without = not _WITHOUT.get(language, frozenset()).isdisjoint(part[:3])
    return without or not _ANOTHER.get(language, frozenset()).isdisjoint(part)
