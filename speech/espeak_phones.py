"""Phones by espeak-ng, which pronounces Spanish, Catalan and English by rules and dictionaries of its own.

Rules:
1. espeak-ng is GPL: it is loaded in exec'ed worker processes only, never in the server.
2. Its library has one voice at a time, so one lock guards each text (70 µs); what was asked is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache

from speech.espeak_library import EspeakLibrary
from speech.phonetics import Phones, symbols

VOICES: Mapping[str, str] = {"es": "es-419", "ca": "ca", "en": "en-us"}
"""Spanish as most of its speakers say it: `z` like `s`, which is also how Whisper mixes them up."""
ACCENTS: Mapping[str, tuple[str, ...]] = {"es": ("es-419", "es"), "ca": ("ca",), "en": ("en-us", "en-gb")}
"""In which a phrase is looked for in the sound itself."""
_KEPT = 32768


class EspeakPhones:
    """Fulfils `speech.phonetics.Phonetics`. One for a process."""

    def __init__(self) -> None:
        """Raises OSError, ImportError where espeak-ng is not there."""
        self._library = EspeakLibrary()
        self._lock = threading.Lock()
        self.phones = lru_cache(maxsize=_KEPT)(self._phones)
        self.pronounced = lru_cache(maxsize=_KEPT)(self._pronounced)

    def _phones(self, text: str, language: str) -> Phones:
        voice = VOICES.get(language)
        return symbols(self._ipa(text, voice)) if voice else ()

    def _pronounced(self, text: str, language: str) -> tuple[tuple[Phones, ...], ...]:
        each = (
            tuple(filter(None, map(symbols, self._ipa(text, voice).split())))
            for voice in ACCENTS.get(language, ())
        )
        return tuple(dict.fromkeys(words for words in each if words))

    def _ipa(self, text: str, voice: str) -> str:
        with self._lock:
            return self._library.ipa(text, voice, separator="_")
