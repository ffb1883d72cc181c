"""Phones by espeak-ng, which pronounces Spanish, Catalan and English by rules and dictionaries of its own.

Rules:
1. espeak-ng is GPL: it is loaded in exec'ed worker processes only, never in the server.
2. Its library has one voice at a time, so one lock guards each text (70 µs); what was asked is kept.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Mapping
from functools import lru_cache

from speech.phonetics import Phones, symbols

VOICES: Mapping[str, str] = {"es": "es-419", "ca": "ca", "en": "en-us"}
"""Spanish as most of its speakers say it: `z` like `s`, which is also how Whisper mixes them up."""
ACCENTS: Mapping[str, tuple[str, ...]] = {"es": ("es-419", "es"), "ca": ("ca",), "en": ("en-us", "en-gb")}
"""In which a phrase is looked for in the sound itself."""
_RETRIEVAL, _NO_EXIT, _UTF8, _IPA = 2, 0x8000, 1, 0x02
_KEPT = 32768


class EspeakPhones:
    """Fulfils `speech.phonetics.Phonetics`. One for a process."""

    def __init__(self) -> None:
        """Raises OSError, ImportError where espeak-ng is not there."""
        import espeakng_loader  # noqa: PLC0415 - brings the GPL library: in worker processes only

        self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        data = str(espeakng_loader.get_data_path()).encode()
        if self._library.espeak_Initialize(_RETRIEVAL, 0, data, _NO_EXIT) < 0:
            raise OSError("espeak-ng does not start")
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
            self._library.espeak_SetVoiceByName(voice.encode())
            rest = ctypes.c_char_p(text.encode())
            said: list[str] = []
            while rest.value:
                ipa = self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA | (ord("_") << 8))
                said.append(ipa.decode())
        return " ".join(said)
