"""How sure an expected phrase is: what speaks for it, weighed by what was measured (`ivr eval calibrate`).

Rules:
1. A decoder finds an expected phrase in any sound: noise is "i don't understand", a German "thanks" is
   "one agent". So a score counts only beside others: what free decoding wrote, and what the phrase gets where
   there is only hiss (Whisper expects some phrases everywhere).
2. The probability is the logistic function of a weighted sum. The weights are fitted on the tuning half of
   the sets, right phrases and all others in equal parts; nobody edits them by hand.
3. Confidence is that probability on the scale of the dialogs' bands. Nine of ten things that are said on a
   line are answers, not half of them: what is even odds in the sets is nine to one there. Even odds are
   believed, a little less is asked back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from itertools import pairwise

from speech.phone_alignment import Course
from speech.phonetics import Phonetics, likeness
from speech.sound import FRAME_SECONDS
from speech.whisper_decoding import Scored, Text

_LETTERS_PER_SECOND = 13.0
_WIDEST = 6.0
_WORST_FIT = 4.0
_LONG = 1.5
"""Seconds of speech beyond which more says nothing against a phrase: a whole sentence may be expected."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for one expected phrase; each grows with its truth, and is of about the size of one."""

    share: float
    """Its share among all expected phrases, as log odds, within 6."""
    fit: float
    """Mean log probability of its tokens."""
    gain: float
    """What the sound adds to that over hiss."""
    beside_free: float
    """The log probability that free decoding's own text has more than it, negative, in tens."""
    like: float
    """How alike it sounds to that text, 0 to 1."""
    clear: float
    """Mean log probability of that text: how clear the sound was."""
    speech: float
    """Whisper's own belief that somebody speaks, 0 to 1."""
    pace: float
    """How far its duration is from the usual, as a logarithm, negative."""
    phones: float
    """How much worse than the best phones it lies, in log likelihood for each frame of speech."""
    length: float
    """Its phones, as a logarithm: short phrases are found in anything, and get their due from the rest."""
    brief: float
    """Share of its phones that it rushes through, negative."""
    until: float
    """Seconds in which somebody in front speaks until it is over, within 1.5, negative: answers are short."""
    after: float
    """Seconds in which they speak on after it, negative."""
    at_once: float
    """Share of the time right after it in which they do, negative."""
    keyword: float
    """1 for a phrase that keyword spotting knows (yes, no, a universal), 0 for any other."""
    sense: float
    """What that makes of its sense: log odds within 6, of which a third; 0 for any other."""
    laid: float
    """1 where it was laid along the phones, 0 where the model has no net that reads them."""


NAMES = tuple(field.name for field in fields(Evidence))


@dataclass(frozen=True)
class Weights:
    """How much each fact weighs, in the order of `NAMES`."""

    weights: tuple[float, ...]
    bias: float

    def chance(self, facts: Sequence[float]) -> float:
        """That the phrase was said, where it is as likely as not before anything is heard."""
        odds = self.bias + sum(weight * fact for weight, fact in zip(self.weights, facts, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


PHRASES = Weights(
    (0.15, 0.0, 2.17, -0.34, 1.01, 0.12, 2.06, 0.71, 2.24, 0.19, 3.25, 2.47, 1.05, 1.46, 0.0, 0.0, 0.0),
    3.39,
)
"""Fitted 1 below: in the tuning half the higher bias refuses fewer answers, and takes hardly more for one."""
KEYWORDS = Weights(
    (0.01, 0.78, -0.19, -0.02, 0.1, -0.06, -0.19, 0.91, 2.0, -0.46, 0.67, -0.3, 0.17, 0.39, 0.0, 2.41, 0.0),
    6.28,
)
"""Of phrases that keyword spotting knows; what it tells weighs more there than all else. Learnt with babble
down to 5 dB: on a line as loud as 10 dB hardly an answer is left to learn from."""
DECODED = Weights(
    (0.18, 0.27, 1.32, -0.37, 3.53, 0.17, 0.7, 1.17, 0.0, -0.14, 0.0, -0.61, 0.0, 0.0, 0.0, 0.0, 0.0), -2.51
)
"""Where no net fits the model (`whisper-base` has them): fitted on the same sound heard without nets."""
_SCALE = ((0.0, 0.0), (0.35, 0.15), (0.5, 0.4), (1.0, 1.0))
"""Probability → confidence: `dialogs.slots.trust` asks back from 0.15 and believes from 0.40."""


def evidence(
    one: Scored, share: float, free: Text, seconds: float, *, phonetics: Phonetics, language: str
) -> Evidence:
    """Of one expected phrase, `share` (0 to 1) being its own among them, in a clip of so many seconds."""
    share = min(1 - 1e-3, max(1e-3, share))
    letters = len(one.phrase.replace(" ", ""))
    prior = one.prior if one.prior is not None else 0.0
    said = phonetics.phones(one.phrase, language)
    course = one.course or Course(brief=0.0, until=seconds, after=0.0, at_once=0.0)
    return Evidence(
        share=max(-_WIDEST, min(_WIDEST, math.log(share / (1 - share)))),
        fit=one.logprob / max(1, one.tokens),
        gain=(one.logprob - prior) / max(1, one.tokens),
        beside_free=(one.logprob - free.logprob) / 10,
        like=likeness(said, phonetics.phones(free.text, language)),
        clear=free.logprob / (free.tokens + 1),
        speech=1 - free.no_speech,
        pace=-abs(math.log(max(0.05, seconds) * _LETTERS_PER_SECOND / (letters + 3))),
        phones=max(-_WORST_FIT, one.fit / max(5.0, seconds / FRAME_SECONDS)) if one.fit is not None else -1.0,
        length=math.log(max(1, len(said))),
        brief=-course.brief,
        until=-min(_LONG, course.until),
        after=-course.after,
        at_once=-course.at_once,
        keyword=float(one.keyword),
        sense=_log_odds(one.sense) / 3 if one.keyword else 0.0,
        laid=float(one.fit is not None),
    )


def _log_odds(log: float) -> float:
    """Of a log probability, within 6."""
    chance = math.exp(log)
    return max(-_WIDEST, min(_WIDEST, log - math.log(max(1e-9, 1 - chance))))


def probability(found: Evidence) -> float:
    """That the phrase was said, where it is as likely as not before anything is heard."""
    weights = KEYWORDS if found.keyword else PHRASES if found.laid else DECODED
    return weights.chance(astuple(found))


def confidence(chance: float) -> float:
    """A probability on the scale of the dialogs' bands."""
    for (low, begin), (high, end) in pairwise(_SCALE):
        if chance <= high:
            return begin + (end - begin) * (chance - low) / (high - low)
    return 1.0
