"""espeak-ng's library, asked how a text is pronounced. It is GPL: worker processes only, never the server.

It has one voice at a time and one state for a process: whoever has several threads guards `ipa` with a lock.
"""

from __future__ import annotations

import ctypes

_RETRIEVAL, _NO_EXIT, _UTF8, _IPA = 2, 0x8000, 1, 0x02
TIED = 0x80
"""Phones of one sound stand with the separator between them, and others with none."""


class EspeakLibrary:
    """Loaded and begun, for phones alone: it makes no sound. One for a process."""

    def __init__(self) -> None:
        """Raises OSError, ImportError where espeak-ng is not there."""
        import espeakng_loader  # noqa: PLC0415 - brings the GPL library: in worker processes only

        self._library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        data = str(espeakng_loader.get_data_path()).encode()
        if self._library.espeak_Initialize(_RETRIEVAL, 0, data, _NO_EXIT) < 0:
            raise OSError("espeak-ng does not start")

    def ipa(self, text: str, voice: str, *, separator: str, mode: int = 0) -> str:
        """The text in IPA, with that separator between phones (in `TIED` mode: within one sound)."""
        self._library.espeak_SetVoiceByName(voice.encode())
        rest, said = ctypes.c_char_p(text.encode()), []
        how = _IPA | mode | (ord(separator) << 8)
        while rest.value:
            said.append(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, how).decode())
        return " ".join(said)
