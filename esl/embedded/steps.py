"""What a caller made of code can be told to do, one step after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Sound = bytes | Path
"""8 kHz 16-bit mono samples, or a WAV file."""


@dataclass(frozen=True)
class Speak:
    sound: Sound


@dataclass(frozen=True)
class Key:
    digits: str
    gap: float = 0.2
    """Seconds from key to key."""


@dataclass(frozen=True)
class Silent:
    seconds: float


@dataclass(frozen=True)
class WaitForPromptEnd:
    quiet: float = 0.8
    """Seconds of quiet after a sound that mean: it is my turn."""
    timeout: float = 60.0


@dataclass(frozen=True)
class WaitForSound:
    timeout: float = 30.0


@dataclass(frozen=True)
class TalkOver:
    """Speaks `after` seconds into the next prompt, without waiting for its end."""

    sound: Sound
    after: float = 0.5


@dataclass(frozen=True)
class HangUp:
    cause: str = "NORMAL_CLEARING"


@dataclass(frozen=True)
class WaitHangup:
    timeout: float = 60.0


Step = Speak | Key | Silent | WaitForPromptEnd | WaitForSound | TalkOver | HangUp | WaitHangup
