"""Learns `speech/keywords.npz`: whether a yes, a no or a universal was said. A program, not a test.

    python -m tests.speech.natural_voices --voices KOKORO_VOICES --count 400 --out natural
    python -m tests.speech.natural_voices --voices KOKORO_VOICES --answers --count 400 --out answers
    python -m tests.speech.train_keywords clips --seed 1 --count 17000 --out clips.1
    python -m tests.speech.train_keywords clips --seed 2 --count 12000 --what common --out clips.2
    python -m tests.speech.train_keywords clips --seed 3 --count 1500 --out clips.3 \\
        --recordings natural/said.jsonl answers/said.jsonl
    python -m tests.speech.train_keywords clips --seed 4 --count 22000 --what asked --out clips.4
    python -m tests.speech.train_keywords learn clips.1 --rounds 10 --out first.npz
    python -m tests.speech.train_keywords learn clips.1 clips.2 clips.3 clips.3 --rounds 6 \\
        --fastest 1.5e-3 --from first.npz --out second.npz
    python -m tests.speech.train_keywords learn clips.1 clips.2 clips.3 clips.3 clips.4 clips.4 --rounds 8 \\
        --fastest 1.2e-3 --from second.npz --out new.npz

`clips` lets espeak-ng, in the voices of `tests.speech.train_phones`, say answers, other words, words that
are none and other languages, adds people behind and noise, and keeps what the recogniser gets of each
(`tests.speech.keyword_clips`). `learn` makes the net of them, and tells how often it is right by what
`speech.keyword_spotting` reads: a clip in twenty is not learnt from. It needs jax and optax, which the
project does not: an environment of their own, run with PYTHONPATH=.:THE_PROJECT'S_SITE_PACKAGES. `clips`
needs sox (GSM).

Left out are the evaluation's voices, babblers, menu and other sentences, and all people. Not left out are
the phrases of yes and no and of the universals, closed lists (`tests.speech.keyword_phrases`), in other
voices.
The lines and the room of people behind are the evaluation's; noises are not (`tests.speech.keyword_noises`).

The weights that ship (2026-11-23) were learnt so by the day's own scripts, from which this program was made:
ten rounds on 15,200 clips as of `clips.1`, whose answers were told apart as yes, no and neither only, by
weights that were thrown away; then six rounds on 29,500 clips as above, and four on those and 13,600 more of
`common`; what is no answer counts twice since then; then, since the universals are known as well, four on
these and 10,000 of `asked`, and four on those of `clips.1`, half of `common` and 21,000 of `asked`. Their
lines were drawn a little otherwise, and their phones were told 60 ms early. This program itself has been run
on some 300 clips.
"""

from __future__ import annotations

import argparse
import importlib.util
import pickle
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from speech.keyword_spotting import KeywordNet
from speech.models import ModelStore
from speech.whisper_decoding import Ear
from tests.speech.keyword_clips import SHARES, KeywordClip, clips, recordings

KEPT_BACK = 20
"""One clip in so many is not learnt from."""


def right(net: KeywordNet, tried: Sequence[KeywordClip]) -> dict[str, tuple[int, int]]:
    """Kind and sense → clips whose sense was the likeliest, and all of them; those that are clear."""
    found: dict[str, Counter[bool]] = {}
    for clip in tried:
        spotted = net.heard(clip.frames.astype(np.float32), clip.loudness, clip.language)
        if clip.clear and spotted is not None:
            senses = {**spotted.chances, "": spotted.other}
            name = f"{clip.kind} {clip.sense or 'neither'}"
            found.setdefault(name, Counter())[max(senses, key=lambda one: senses[one]) == clip.sense] += 1
    return {name: (counts[True], counts.total()) for name, counts in sorted(found.items())}


def make(asked: argparse.Namespace) -> None:
    """As the command `clips` says."""
    ear = Ear(ModelStore().ensure("whisper-base").folder, parallel=1)
    shares = SHARES["recorded" if asked.recordings else asked.what]
    found = list(clips(asked.seed, asked.count, ear, shares, recordings(asked.recordings, ear)))
    asked.out.write_bytes(pickle.dumps(found))
    print(f"{len(found)} clips, {sum(clip.clear for clip in found)} of them clear")


def learn(asked: argparse.Namespace) -> None:
    """As the command `learn` says."""
    from tests.speech.keyword_learning import Lessons, kept, learnt  # noqa: PLC0415 - needs jax

    # Files of ours, made by the command above. The same clip, given twice, is kept back twice or not at all.
    known = [enumerate(pickle.loads(file.read_bytes())) for file in asked.clips]
    numbered = [each for file in known for each in file]
    lessons = Lessons([clip for at, clip in numbered if at % KEPT_BACK], asked.seed)
    net = learnt(lessons, rounds=asked.rounds, fastest=asked.fastest, before=asked.before, seed=asked.seed)
    kept(net, lessons, asked.out)
    tried = [clip for at, clip in numbered if not at % KEPT_BACK]
    for name, (good, count) in right(KeywordNet(asked.out), tried).items():
        print(f"{name}: {good} of {count}")


def main() -> None:
    """As the module's docstring says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("clips")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--count", type=int, default=2000)
    made.add_argument("--what", choices=("all", "common"), default="all")
    made.add_argument("--recordings", type=Path, nargs="+", default=[])
    made.add_argument("--out", type=Path, required=True)
    taught = commands.add_parser("learn")
    taught.add_argument("clips", type=Path, nargs="+")
    taught.add_argument("--rounds", type=int, default=10)
    taught.add_argument("--fastest", type=float, default=2e-3, help="the largest step")
    taught.add_argument("--from", dest="before", type=Path, help="a net to go on from")
    taught.add_argument("--seed", type=int, default=1)
    taught.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    if asked.command == "clips":
        make(asked)
    elif not all(importlib.util.find_spec(name) for name in ("jax", "optax")):
        parser.error("learning needs jax and optax: pip install them in an environment of their own")
    else:
        learn(asked)


if __name__ == "__main__":
    main()
