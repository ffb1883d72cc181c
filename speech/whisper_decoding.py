"""What Whisper can say about a stretch of sound. Runs in the worker process only.

Rules:
1. The encoder sees the clip and three seconds of silence, not thirty seconds: 0.05 s instead of 0.6 s
   (faster-whisper's own `transcribe` pads to thirty whatever `chunk_length` says).
2. Tokens are capped by the clip's length, so noise cannot loop.
3. Where the question says what it expects, the expected phrases are *scored* against the sound
   (the decoder is forced through each), instead of hoping that free decoding spells one of them.
   The free text's own score is the yardstick: a phrase far less likely than it is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speech.in_front import Loudness
from speech.keyword_spotting import KeywordNet, Spotted
from speech.phone_alignment import Course
from speech.phone_frames import PhoneNet, Sounding
from speech.sound import FRAME_SECONDS, Samples, resample, to_samples

SILENCE_AFTER = 3.0
"""Seconds of silence that the encoder sees after the clip. With one second, isolated digits were
right in 7 of 10 cases, with three in 10 of 10, and loops ("C C C C") grew rarer."""
_LEAD = 0.2
LONGEST = 26.0
"""Seconds of one clip; Whisper's window is thirty."""
_FIRST_TOKEN_RANGE = 8.0
_MOST_CANDIDATES = 12
_TOKENS_PER_SECOND = 8
BEAMS = 10
"""Of a sentence without expectations. Ten take a fifth more of a decode than five, and what is right is among
their readings more often."""
_FRAMES_AFTER = 5
"""Frames of the silence after the clip in which the net may see that it is over."""


@dataclass(frozen=True)
class Text:
    """What free decoding wrote; `logprob` is the sum over tokens, end of text included."""

    text: str
    logprob: float
    tokens: int
    no_speech: float


@dataclass(frozen=True)
class Scored:
    """An expected phrase and the log probability of exactly it."""

    phrase: str
    logprob: float
    tokens: int
    prior: float | None = None
    """Its log probability where nothing is said: what the model expects by itself. None: not asked for."""
    fit: float | None = None
    """How well it lies along the phones (`speech.phone_alignment`), at most 0. None: not looked at."""
    course: Course | None = None
    """How it runs through them. None: not looked at."""
    keyword: bool = False
    """Whether keyword spotting knows it (`speech.keyword_spotting`)."""
    sense: float = 0.0
    """Log probability that something of its sense was said; for what is no keyword, that none was said."""


def plain(text: str) -> str:
    """Lower-case words without punctuation, as the port promises."""
    return " ".join(re.findall(r"[\w·'’]+", text.lower())).replace("’", "'")


class Ear:
    """A loaded model. Safe to use from several threads (CTranslate2 queues and releases the GIL)."""

    def __init__(self, folder: Path, *, threads: int = 1, parallel: int = 2) -> None:
        """`threads` per decode, `parallel` decodes at once. Raises RuntimeError, ValueError, OSError."""
        import ctranslate2  # type: ignore[import-untyped] # noqa: PLC0415 - ships no types; heavy, for the worker only
        from faster_whisper import WhisperModel  # noqa: PLC0415
        from faster_whisper.tokenizer import Tokenizer  # noqa: PLC0415

        self._view = ctranslate2.StorageView
        self._model: Any = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            num_workers=parallel,
            local_files_only=True,
        )
        self._tokenizer = Tokenizer
        self._tokenizers: dict[str, Any] = {}
        self._tokens: dict[tuple[str, str], list[int]] = {}
        self._priors: dict[tuple[str, str], float] = {}
        hiss = np.random.default_rng(1).normal(0, 30, 16000).astype("<i2")
        self._nothing = self.listen(hiss.tobytes())
        size = np.array(self._nothing[0]).shape[-1]
        phones, keywords = PhoneNet(), KeywordNet()
        # A net fits the encoder that it was learnt on.
        self._net = phones if phones.size == size else None
        self._keywords = keywords if keywords.size == size else None

    def listen(self, pcm: bytes) -> tuple[Any, int]:
        """The encoder's view of a clip, and its length in feature frames (10 ms)."""
        sound = resample(to_samples(pcm[: round(LONGEST * 8000) * 2]), 8000, 16000)
        lead, after = np.zeros(round(_LEAD * 16000)), np.zeros(round(SILENCE_AFTER * 16000))
        whole: Samples = np.concatenate([lead, sound, after])
        features = self._model.feature_extractor(whole.astype(np.float32), padding=0)
        features = features[:, : features.shape[1] // 2 * 2]
        return self._model.encode(features), round((_LEAD * 2 + len(sound) / 16000) * 100)

    def free(self, heard: tuple[Any, int], language: str) -> Text:
        """Greedy decoding without expectations."""
        encoded, length = heard
        tokenizer = self._of(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        most = 6 + round(length / 100 * _TOKENS_PER_SECOND)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=_budget(prompt, most),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=[-1],
        )[0]
        tokens = result.sequences_ids[0]
        text = said_once(tokenizer.decode(tokens))
        # The score is the mean over the tokens (length penalty 1).
        return Text(text, result.scores[0] * max(1, len(tokens)), len(tokens), result.no_speech_prob)

    def write(self, heard: tuple[Any, int], language: str, *, beams: int = BEAMS) -> list[Text]:
        """The likeliest texts without expectations, the best first: a beam search, for whole sentences.

        In Catalan a quarter fewer words are wrong than in one greedy pass; it takes about a third longer.
        """
        encoded, length = heard
        tokenizer = self._of(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=beams,
            num_hypotheses=beams,
            max_length=_budget(prompt, 6 + round(length / 100 * _TOKENS_PER_SECOND)),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=[-1],
        )[0]
        texts: dict[str, Text] = {}
        for tokens, score in zip(result.sequences_ids, result.scores, strict=True):
            text = said_once(tokenizer.decode(tokens))
            count = max(1, len(tokens))
            texts.setdefault(text, Text(text, score * count, len(tokens), result.no_speech_prob))
        return list(texts.values())

    def frames(self, heard: tuple[Any, int]) -> NDArray[np.float32]:
        """The encoder's numbers for each 20 ms of a clip, and of a little silence after it."""
        encoded, length = heard
        found: NDArray[np.float32] = np.array(encoded)[0, : length // 2 + _FRAMES_AFTER]
        return found

    def sounding(self, heard: tuple[Any, int], front: tuple[int, int]) -> Sounding | None:
        """The phones of a clip; None where there is no net for this model.

        `front`: its frames of 20 ms in which somebody speaks in front (`speech.in_front`).
        """
        before = round(_LEAD / FRAME_SECONDS)
        within = (front[0] + before, front[1] + before)
        return self._net.heard(self.frames(heard), within) if self._net is not None else None

    def spotted(self, heard: tuple[Any, int], language: str, loud: Loudness) -> Spotted | None:
        """The keywords of a clip; None where there is no net for this model or language.

        `loud`: how loud its frames are, given how many lie before it and are wanted in all.
        """
        if self._keywords is None:
            return None
        frames = self.frames(heard)
        return self._keywords.heard(frames, loud(round(_LEAD / FRAME_SECONDS), len(frames)), language)

    def choose(
        self, heard: tuple[Any, int], language: str, phrases: Sequence[str], *, besides: Sequence[str] = ()
    ) -> list[Scored]:
        """The expected phrases that could be it, most likely first.

        The first token's probabilities come from one decoder step; only phrases that begin likely
        enough are scored whole, and those of `besides` in any case.
        """
        encoded, _length = heard
        tokenizer = self._of(language)
        written = {phrase: self._written(language, phrase) for phrase in phrases}
        first = self._next_token(encoded, tokenizer, [[]])[0]
        likely = _most_likely({phrase: float(first[tokens[0]]) for phrase, tokens in written.items()})
        likely += [phrase for phrase in besides if phrase in written and phrase not in likely]
        scores = self._score(heard, tokenizer, [written[phrase] for phrase in likely])
        priors = self._priors_of(language, likely)
        scored = [
            Scored(phrase, sum(score), len(score), prior)
            for phrase, score, prior in zip(likely, scores, priors, strict=True)
        ]
        return sorted(scored, key=lambda one: -one.logprob)

    def _priors_of(self, language: str, phrases: Sequence[str]) -> list[float]:
        """What each phrase gets where there is only hiss; scored once and kept."""
        unknown = [phrase for phrase in phrases if (language, phrase) not in self._priors]
        if unknown:
            if len(self._priors) > 20_000:
                self._priors.clear()
            written = [self._written(language, phrase) for phrase in unknown]
            for phrase, score in zip(
                unknown, self._score(self._nothing, self._of(language), written), strict=True
            ):
                self._priors[language, phrase] = sum(score)
        return [self._priors.get((language, phrase), 0.0) for phrase in phrases]

    def spell(
        self,
        heard: tuple[Any, int],
        language: str,
        words: Sequence[str],
        *,
        possible: Callable[[str], bool],
        most: int = 8,
    ) -> list[Scored]:
        """The likeliest sequences of up to `most` expected words spoken without a pause.

        A beam search over whole words: two beginnings are kept, each is continued by the words
        whose first token is likely enough, and scored with and without an end. `possible` says
        which sequences can be a whole answer (because of the time they need).
        """
        encoded, _length = heard
        tokenizer = self._of(language)
        stop = tokenizer.encode(".")
        beams: list[tuple[float, tuple[str, ...], list[int]]] = [(0.0, (), [])]
        ended: list[Scored] = []
        for _turn in range(most):
            following = self._next_token(encoded, tokenizer, [tokens for _, _, tokens in beams])
            grown: list[tuple[tuple[str, ...], list[int]]] = []
            for (_score, said, tokens), first in zip(beams, following, strict=True):
                spelt = {word: self._continued(language, word, begins=not said) for word in words}
                begin = {word: float(first[more[0]]) for word, more in spelt.items()}
                for word in _most_likely(begin)[:4]:
                    grown.append(((*said, word), [*tokens, *spelt[word]]))
            scores = self._score(heard, tokenizer, [[*tokens, *stop] for _, tokens in grown])
            ranked = []
            for (said, tokens), score in zip(grown, scores, strict=True):
                if possible(" ".join(said)):
                    ended.append(Scored(" ".join(said), sum(score), len(score)))
                ranked.append((sum(score[: len(tokens)]), said, tokens))
            beams = sorted(ranked, key=lambda one: -one[0])[:2]
            ended = sorted(ended, key=lambda one: -one.logprob)[:8]
            if ended and ended[0].logprob >= beams[0][0]:
                break  # going on only costs probability
        return ended

    def _of(self, language: str) -> Any:
        if language not in self._tokenizers:
            self._tokenizers[language] = self._tokenizer(
                self._model.hf_tokenizer, True, task="transcribe", language=language
            )
        return self._tokenizers[language]

    def _written(self, language: str, phrase: str) -> list[int]:
        """A phrase as Whisper writes a sentence: capital first, full stop last."""
        key = (language, phrase)
        if key not in self._tokens:
            if len(self._tokens) > 20_000:
                self._tokens.clear()
            self._tokens[key] = self._of(language).encode(f" {phrase[:1].upper()}{phrase[1:]}.")
        return self._tokens[key]

    def _continued(self, language: str, word: str, *, begins: bool) -> list[int]:
        """A word within a sentence; the first one has a capital."""
        key = (language, f"{begins}{word}")
        if key not in self._tokens:
            text = f" {word[:1].upper()}{word[1:]}" if begins else f" {word}"
            self._tokens[key] = self._of(language).encode(text)
        return self._tokens[key]

    def _score(self, heard: tuple[Any, int], tokenizer: Any, texts: list[list[int]]) -> list[list[float]]:
        """Log probability of each token of each text, the decoder being forced through them."""
        if not texts:
            return []
        encoded, length = heard
        results = self._model.model.align(
            self._repeated(encoded, len(texts)),
            list(tokenizer.sot_sequence),
            texts,
            [length] * len(texts),
        )
        return [[float(p) for p in np.log(np.maximum(result.text_token_probs, 1e-9))] for result in results]

    def _next_token(self, encoded: Any, tokenizer: Any, beginnings: list[list[int]]) -> list[Samples]:
        """Log probabilities of what follows each beginning (all of one length, or one by one)."""
        rows: list[Samples] = []
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        for beginning in beginnings:
            result = self._model.model.generate(
                encoded,
                [prompt + beginning],
                beam_size=1,
                max_length=_budget(prompt, len(beginning) + 1),
                return_logits_vocab=True,
                suppress_blank=False,
                suppress_tokens=[],
            )[0]
            # One row for each token of the beginning, which is forced, and then what we ask for.
            row = np.array(result.logits[0], dtype=np.float64)[len(beginning)]
            row = row - row.max()
            rows.append(row - math.log(float(np.exp(row).sum())))
        return rows

    def _repeated(self, encoded: Any, times: int) -> Any:
        if times == 1:
            return encoded
        array = np.repeat(np.array(encoded), times, axis=0)
        return self._view.from_array(np.ascontiguousarray(array))


def _budget(prompt: list[int], tokens: int) -> int:
    """CTranslate2's `max_length` for so many new tokens: it allows the lesser of half of it, and it
    less the prompt."""
    return max(2 * tokens, len(prompt) + tokens)


def _most_likely(begin: dict[str, float]) -> list[str]:
    """The phrases that begin likely enough, at most `_MOST_CANDIDATES`."""
    ranked = sorted(begin, key=lambda phrase: -begin[phrase])[:_MOST_CANDIDATES]
    return [phrase for phrase in ranked if begin[phrase] >= begin[ranked[0]] - _FIRST_TOKEN_RANGE]


_ENDLESS_ROUNDS, _ENDLESS_WORDS = 4, 10
"""Rounds, and words in all, from which figures are a loop: nine of one digit are a telephone number."""


def said_once(text: str) -> str:
    """What the decoder wrote as plain words, without the rounds of a loop.

    Figures it may write without blanks ("142,5,5,5…", forty times): only as plain words can they be counted.
    """
    words = plain(_unlooped(text)).split()
    for size in range(1, len(words) // _ENDLESS_ROUNDS + 1):
        rounds = max(_ENDLESS_ROUNDS, math.ceil(_ENDLESS_WORDS / size))
        for start in range(len(words) - size * rounds + 1):
            piece = words[start : start + size]
            if words[start : start + size * rounds] == piece * rounds:
                return " ".join(words[: start + size])
    return " ".join(words)


def _unlooped(text: str) -> str:
    """Cuts a loop ("palmo. Quiero saber mi palmo. Quiero…") after its first round.

    Only rounds that come three times, or twice with three words or more, are loops: "5, 5" is not,
    and a single word may come three times, as digits do.
    """
    words = text.split()
    for size in range(1, len(words) // 2 + 1):
        need = 5 if size == 1 else (3 if size == 2 else 2)
        for start in range(len(words) - size * need + 1):
            piece = [plain(word) for word in words[start : start + size]]
            if all(
                [plain(w) for w in words[start + size * turn : start + size * (turn + 1)]] == piece
                for turn in range(1, need)
            ):
                return " ".join(words[: start + size])
    return text
