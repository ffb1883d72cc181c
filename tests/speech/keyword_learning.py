"""The net of `speech.keyword_spotting`, learnt with jax and optax, which only this needs. Not a test.

Phones are learnt beside the answers: what tells one sound from another is in every frame of every clip, and
teaches the layers that both stand on. The phones' own weights are thrown away in the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax  # type: ignore[import-not-found] # in an environment of its own
import jax.numpy as jnp  # type: ignore[import-not-found]
import numpy as np
import optax  # type: ignore[import-not-found]
from numpy.typing import NDArray

from speech.keyword_spotting import TAPS
from speech.phone_frames import Numbers
from tests.speech.keyword_clips import KeywordClip
from tests.speech.keyword_phrases import phrases
from tests.speech.phone_learning import saved
from tests.speech.train_phones import LANGUAGES

Net = dict[str, Any]
Batch = dict[str, NDArray[Any]]

LAYERS = 3
_WIDE, _HIDDEN, _LOOKS, _LANGUAGE = 96, 96, 4, 8
_LENGTHS = (64, 96, 128, 192, 256, 400)
"""Frames that clips are filled up to, so that few shapes are compiled."""
_BATCH = 64 * 96
"""Frames, about."""
_ANSWERS, _PHRASE = 0.7, 0.4
"""What an answer counts beside the phones, and its phrase beside its sense."""
_NO_ANSWER = 2.0
"""What a clip counts that holds none: there are fewer of them than of answers."""
_NEW = -4.0
"""What a phrase begins with that the net before did not know."""
_DECAY = 2e-5
_STEADY = 0.998
"""The net that is kept is the mean of the last ones: of about 500 steps (Polyak and Juditsky 1992)."""


class Lessons:
    """Clips, as batches of numbers."""

    def __init__(self, clips: Sequence[KeywordClip], seed: int) -> None:
        self._clips, self._chance = clips, np.random.default_rng(seed)
        self.phones = sorted({phone for clip in clips for phone in clip.phones if phone})
        self.phrases = {language: phrases(language) for language in LANGUAGES}
        self.classes = max(map(len, self.phrases.values())) + 1
        """Phrases of a language, and anything else, which is the last."""
        some = self._chance.permutation(len(clips))[:1500]
        frames = np.concatenate([clips[at].frames[::4] for at in some]).astype(np.float32)
        self.mean, self.spread = frames.mean(axis=0), frames.std(axis=0) + 1e-3

    def batches(self) -> Iterator[Batch]:
        """All clips once, in any order; those of about one length lie together."""
        alike: dict[int, list[KeywordClip]] = {length: [] for length in _LENGTHS}
        for at in self._chance.permutation(len(self._clips)):
            clip = self._clips[at]
            alike[next(length for length in _LENGTHS if len(clip.frames) <= length)].append(clip)
        chosen = [
            (length, each[at : at + _BATCH // max(96, length)])
            for length, each in alike.items()
            for at in range(0, len(each), _BATCH // max(96, length))
        ]
        for at in self._chance.permutation(len(chosen)):
            yield self._batch(*chosen[at])

    def _batch(self, length: int, clips: Sequence[KeywordClip]) -> Batch:
        size = _BATCH // max(96, length)
        batch: Batch = {
            "frames": np.zeros((size, length, len(self.mean)), np.float32),
            "loudness": np.zeros((size, length, 2), np.float32),
            "there": np.zeros((size, length, 1), np.float32),
            "phones": np.full((size, length), -1),
            "language": np.zeros(size, int),
            "clear": np.zeros(size, np.float32),
            **{name: np.zeros((size, self.classes), np.float32) for name in ("phrase", "sense", "possible")},
        }
        number = {phone: at for at, phone in enumerate(self.phones)}
        for row, clip in enumerate(clips):
            count = len(clip.frames)
            batch["frames"][row, :count] = (clip.frames.astype(np.float32) - self.mean) / self.spread
            batch["loudness"][row, :count], batch["there"][row, :count] = clip.loudness, 1
            batch["phones"][row, :count] = [number.get(phone, -1) for phone in clip.phones]
            batch["language"][row] = LANGUAGES.index(clip.language)
            batch["clear"][row] = clip.clear * (1 if clip.phrase or clip.sense else _NO_ANSWER)
            batch["phrase"][row], batch["sense"][row], batch["possible"][row] = self._wanted(clip)
        return batch

    def _wanted(self, clip: KeywordClip) -> tuple[list[bool], list[bool], list[bool]]:
        """The classes that are the clip's phrase, those of its sense, and those that its language has."""
        senses = list(self.phrases[clip.language].items())
        senses += [("", "")] * (self.classes - len(senses))
        possible = [bool(text) for text, _sense in senses[:-1]] + [True]
        same = [text == clip.phrase for text, _sense in senses]
        if not clip.phrase:
            same = [False] * (self.classes - 1) + [True]
        alike = [means == clip.sense for _text, means in senses] if clip.sense else same
        return (same if clip.phrase or not clip.sense else alike), alike, possible


def learnt(lessons: Lessons, *, rounds: int, fastest: float, before: Path | None, seed: int = 0) -> Net:
    """As `kept` takes it. `fastest`: the largest step. `before`: a net to go on from, as far as it fits."""
    net = _begun(lessons, seed)
    if before is not None:
        net |= _again(net, before, lessons)
    steps = rounds * sum(1 for _batch in lessons.batches())
    pace = optax.warmup_cosine_decay_schedule(1e-4, fastest, min(200, steps // 4), steps, 2e-5)
    chain = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(pace))
    state, steady, done = chain.init(net), net, 0

    def step(net: Net, state: Any, steady: Net, batch: Batch, key: Any, share: float) -> Any:
        losses, slope = jax.value_and_grad(_loss, has_aux=True)(net, batch, key)
        change, state = chain.update(slope, state)
        net = optax.apply_updates(net, change)
        return (
            net,
            state,
            jax.tree.map(lambda old, new: share * old + (1 - share) * new, steady, net),
            losses[1],
        )

    quick = jax.jit(step)
    for number in range(rounds):
        losses = []
        for batch in lessons.batches():
            share = min(_STEADY, (1 + done) / (10 + done))
            net, state, steady, loss = quick(net, state, steady, batch, jax.random.PRNGKey(done), share)
            losses.append([float(one) for one in loss])
            done += 1
        phones, said = np.mean(losses, axis=0)
        print(f"round {number + 1}: loss {phones:.3f} of phones, {said:.3f} of answers", flush=True)
    return {name: np.asarray(value) for name, value in steady.items()}


def kept(net: Mapping[str, Numbers], lessons: Lessons, file: Path) -> None:
    """Saves it as `speech.keyword_spotting.KeywordNet` reads it."""
    whole = {name: value for name, value in net.items() if not name.startswith("phones")}
    whole["inward"] = net["inward"] / lessons.spread[:, None]
    whole["inward_bias"] = net["inward_bias"] - (lessons.mean / lessons.spread) @ net["inward"]
    told = {"phrases": np.array(json.dumps(lessons.phrases, ensure_ascii=False)), "layers": np.array(LAYERS)}
    saved({**whole, **told}, file)


def _again(net: Net, before: Path, lessons: Lessons) -> Net:
    """What fits of a net that is kept; phrases that it does not know are unlikely at first."""
    with np.load(before) as there:
        fits = {name: there[name].astype(np.float32) for name in net if name in there.files}
        known = json.loads(str(there["phrases"]))
    outward, bias = np.array(net["outward"]), np.full(net["outward_bias"].shape, _NEW, np.float32)
    for at, language in enumerate(LANGUAGES):
        places = {text: place for place, text in enumerate(lessons.phrases[language])}
        pairs = [(places[text], old) for old, text in enumerate(known[language]) if text in places]
        for place, old in (*pairs, (-1, -1)):  # the last is anything else
            outward[at, :, place] = fits["outward"][at, :, old]
            bias[at, place] = fits["outward_bias"][at, old]
    fits |= {"outward": outward, "outward_bias": bias}
    fits["inward_bias"] = fits["inward_bias"] + lessons.mean @ fits["inward"]
    fits["inward"] = fits["inward"] * lessons.spread[:, None]
    return {name: jnp.array(value) for name, value in fits.items() if value.shape == net[name].shape}


def _begun(lessons: Lessons, seed: int) -> Net:
    chance = np.random.default_rng(seed)

    def drawn(*shape: int, scale: float, fan: int = 0) -> Any:
        """`fan`: numbers that each one of the next layer is made of, where the shape does not tell."""
        whole = chance.normal(size=shape) * scale * np.sqrt(2 / (fan or np.prod(shape[:-1])))
        return jnp.array(whole.astype(np.float32))

    net = {
        "inward": drawn(len(lessons.mean), _WIDE, scale=0.7),
        "louder": drawn(2, _WIDE, scale=0.3),
        "inward_bias": jnp.zeros(_WIDE),
        "phones": drawn(_WIDE, len(lessons.phones), scale=0.5),
        "phones_bias": jnp.zeros(len(lessons.phones)),
        "looks": drawn(len(LANGUAGES), _WIDE, _LOOKS, scale=0.3, fan=_WIDE),
        "looks_bias": jnp.zeros((len(LANGUAGES), _LOOKS)),
        "languages": drawn(len(LANGUAGES), _LANGUAGE, scale=1.0, fan=2),
        "middle": drawn((_LOOKS + 1) * _WIDE + _LANGUAGE, _HIDDEN, scale=1.0),
        "middle_bias": jnp.zeros(_HIDDEN),
        "outward": drawn(len(LANGUAGES), _HIDDEN, lessons.classes, scale=0.3, fan=_HIDDEN),
        "outward_bias": jnp.zeros((len(LANGUAGES), lessons.classes)),
    }
    for layer in range(LAYERS):
        net[f"around_{layer}"] = drawn(TAPS, _WIDE, _WIDE, scale=0.7)
        net[f"around_{layer}_bias"] = jnp.zeros(_WIDE)
    return net


def _left_out(values: Any, key: Any, number: int, share: float) -> Any:
    """Without a share of the numbers, which the others make up for (dropout)."""
    kept = jax.random.uniform(jax.random.fold_in(key, number), values.shape) > share
    return values * kept / (1 - share)


def _scores(net: Net, batch: Batch, key: Any) -> tuple[Any, Any]:
    """Of each phone in each frame, and log probabilities of each answer; frames are disturbed a little."""
    there, language = batch["there"], batch["language"]
    disturbed, louder = (
        batch[name] + size * jax.random.normal(jax.random.fold_in(key, number), batch[name].shape)
        for number, (name, size) in enumerate((("frames", 0.12), ("loudness", 0.1)))
    )
    inward = _left_out(disturbed, key, 2, 0.1) @ net["inward"] + louder @ net["louder"]
    seen = jax.nn.relu(inward + net["inward_bias"]) * there
    for layer in range(LAYERS):
        around = jax.lax.conv_general_dilated(
            _left_out(seen, key, 10 + layer, 0.15),
            net[f"around_{layer}"],
            (1,),
            "SAME",
            rhs_dilation=(2**layer,),
            dimension_numbers=("NWC", "WIO", "NWC"),
        )
        seen = (seen + jax.nn.relu(around + net[f"around_{layer}_bias"])) * there
    phones = _left_out(seen, key, 3, 0.15) @ net["phones"] + net["phones_bias"]
    looks = jnp.einsum("btd,bdk->btk", seen, net["looks"][language]) + net["looks_bias"][language][:, None]
    where = jax.nn.softmax(jnp.where(there > 0, looks, -1e9), axis=1)
    seen_there = jnp.einsum("btk,btd->bkd", where, seen).reshape(len(language), -1)
    # No number of `seen` is below 0, nor is the frame that is not there.
    whole = jnp.concatenate([seen_there, seen.max(axis=1), net["languages"][language]], axis=-1)
    hidden = jax.nn.relu(_left_out(whole, key, 4, 0.25) @ net["middle"] + net["middle_bias"])
    said = jnp.einsum("bh,bhc->bc", _left_out(hidden, key, 5, 0.2), net["outward"][language])
    said = jnp.where(batch["possible"] > 0, said + net["outward_bias"][language], -30.0)
    return phones, jax.nn.log_softmax(said)


def _loss(net: Net, batch: Batch, key: Any) -> tuple[Any, tuple[Any, Any]]:
    """The whole, and that of the phones and of the answers."""
    phones, said = _scores(net, batch, key)
    known = batch["phones"] >= 0
    missed = optax.softmax_cross_entropy_with_integer_labels(phones, jnp.maximum(batch["phones"], 0))
    of_phones = (missed * known).sum() / jnp.maximum(1, known.sum())
    unlikely = sum(
        share * -jax.nn.logsumexp(said + jnp.log(batch[name] + 1e-9), axis=-1)
        for name, share in (("phrase", _PHRASE), ("sense", 1.0))
    )
    of_answers = (unlikely * batch["clear"]).sum() / jnp.maximum(1, batch["clear"].sum())
    weight = sum((value**2).sum() for name, value in net.items() if "bias" not in name)
    return of_phones + _ANSWERS * of_answers + _DECAY * weight, (of_phones, of_answers)
