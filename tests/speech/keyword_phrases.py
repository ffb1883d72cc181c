"""Which phrases the net of `speech.keyword_spotting` knows, what they mean, and what sounds like them.

Rules:
1. It knows what every flow listens for: yes and no, and the universals (a person, repeat, help …). A flow's
   own phrases are not among them.
2. A phrase means what the dialogs take it for, and nothing where they would not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from dialogs.results import Alternative, Heard, Match
from dialogs.slots.asking import Asking
from dialogs.slots.yes_no import YesNo, replies_in
from dialogs.universals import (
    PERSON,
    REPEAT,
    find_universal,
    universal_phrases,
)
from speech.phonetics import Phonetics, likeness
from speech.whisper_decoding import plain
from tests.speech.train_phones import LANGUAGES, evaluated

LONE = {"es": ("sí", "no"), "ca": ("sí", "no"), "en": ("yes", "no")}
COMMON: Mapping[str, Sequence[str]] = {
    language: said.split("|")
    for language, said in {
        "es": "sí|no|claro|vale|correcto|claro que sí|sí claro|de acuerdo|eso es|exacto|sí por favor"
        "|no gracias|para nada|sí señor|no señora|bueno|está bien|perfecto|así es|no quiero|sí quiero"
        "|por supuesto|desde luego|nada más|que sí|que no|sí sí|no no",
        "ca": "sí|no|és clar|clar|val|correcte|és clar que sí|sí si us plau|d'acord|això és|exacte|no gràcies"
        "|de cap manera|i tant|molt bé|perfecte|així és|res més|vale|sí sí|no no",
        "en": "yes|no|yeah|yep|nope|sure|okay|correct|right|that's right|yes please|no thank you|no thanks"
        "|of course|not at all|absolutely|exactly|fine|i do|i don't|yes it is|no it isn't|that's all"
        "|definitely|yes yes|no no",
    }.items()
}
"""What most callers answer."""
_NEAREST = 300
"""Words of a language that are learnt as near misses."""


def answers(language: str) -> list[str]:
    """The phrases that a question of yes or no expects, as words; some mean neither alone ("gracias")."""
    return list(dict.fromkeys(plain(phrase) for phrase in YesNo().phrases(language)))


def asked_anywhere(language: str) -> list[str]:
    """The phrases of the universals, as words."""
    return list(
        dict.fromkeys(plain(text) for text in universal_phrases(language, LANGUAGES, slowed=True) if text)
    )


def often_asked(language: str) -> list[str]:
    """Those for a person and for a repetition, which callers want most."""
    return [text for text in asked_anywhere(language) if _universal(text, language) in (PERSON, REPEAT)]


def phrases(language: str) -> dict[str, str]:
    """Each phrase that the net knows in that language → its sense."""
    return {text: sense(text, language) for text in (*answers(language), *asked_anywhere(language))}


@cache
def sense(text: str, language: str) -> str:
    """What the dialogs take a text for.

    `yes`, `no` (also one that would be asked back), a universal's name where it is its phrase and nothing
    else, or nothing.
    """
    found = YesNo().judge(Heard((Alternative(text, 1.0),)), Asking(language))
    if isinstance(found, Match):
        return found.value
    return _universal(text, language) if text in asked_anywhere(language) else ""


def doubtful(text: str, language: str) -> bool:
    """Whether a text that is no phrase holds one, so that it is no lesson in what is none."""
    return bool(replies_in(text, language)) or bool(_universal(text, language))


def near_misses(language: str, texts: Iterable[str], phonetics: Phonetics) -> list[str]:
    """The words of those texts that sound most like a phrase of one or two words, without being one.

    None of them is a word of the evaluation's.
    """
    known, offered = phrases(language), evaluated(language)
    sounds = [phonetics.phones(text, language) for text in known if len(text.split()) <= 2]
    words = {word for text in texts for word in text.split() if len(word) > 1} - known.keys() - offered
    alike = {
        word: max(likeness(phonetics.phones(word, language), sound) for sound in sounds) for word in words
    }
    near = sorted(words, key=lambda word: (-alike[word], word))[:_NEAREST]
    return [word for word in near if alike[word] < 1]


def _universal(text: str, language: str) -> str:
    heard = Heard((Alternative(text, 1.0),))
    found = find_universal(heard, language, LANGUAGES, one_key=True, slowed=True)
    return found.value if found is not None else ""
