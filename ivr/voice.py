"""The two sides of the voice, set up from the settings: who listens, and who speaks.

Rules:
1. No synthesis, no server: there would be nothing to hear.
2. No recogniser: the calls go on by keys, and the operator is told which sources were tried.
3. Static prompts are warmed up beside the first calls, so that nobody waits for synthesis: those of the
   language in which calls begin at once, the others at leisure, because calls need the machine more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal
from uuid import uuid4

import gevent
import structlog
from gevent.event import Event

from dialogs.call import MASK
from dialogs.effects import Spoken
from esl.errors import EslError
from esl.live_folder import LiveFolder, claim
from ivr.config import Settings
from ivr.shared_memory import shared_memory
from speech.auto import AutoRecognizer, choose
from speech.cached_synthesizer import CachedSynthesizer
from speech.errors import PromptNotKept, SpeechError, SynthesizerLost
from speech.models import ModelStore
from speech.piper import Piper
from speech.prompts import PromptLibrary
from speech.pyttsx3 import SYSTEM_VOICES, Pyttsx3
from speech.pyttsx3 import Voice as SpeakingVoice
from speech.recognizer import Recognizer
from speech.sound import read_wav
from speech.spare import ENDING, Spare
from speech.synthesizer import Waiting

log = structlog.get_logger(__name__)

Tell = Callable[[str], None]
Fetching = Callable[[str, int, int], None]
"""What is fetched, bytes so far, bytes in all (0: unknown)."""

LANGUAGES = ("es", "ca", "en")
SYNTHESIS_READY = 30.0
"""Seconds that the synthesiser has to start."""
PIPER_READY = 60.0
"""Seconds that Piper has to load its voices."""
RECOGNITION_READY = 120.0
"""Seconds that the recognisers have to load their models."""
REST = 0.2
"""Seconds between two prompts of the other languages, each of which takes about 60 ms of a processor."""


class Speaker:
    """A voice for played callers and agents: words to samples."""

    def __init__(self, voices: Mapping[str, SpeakingVoice]) -> None:
        self._engine = Pyttsx3(voices=voices)

    def speak(self, text: str, language: str) -> bytes:
        """8 kHz samples. Raises `SpeechError`."""
        return self._engine.speak(text, language=language)

    def close(self) -> None:
        """Ends the worker."""
        self._engine.close()


PRIVATE_ENDING, PRIVATE = ".wav", "private-"


def is_private(spoken: Spoken) -> bool:
    """Whether it says a sensitive answer: its sound is made for this once, and is in no cache."""
    return MASK in spoken.shown


class SpokenPrompts:
    """The prompts of flows as files: the session's port to synthesis and studio."""

    def __init__(
        self, library: PromptLibrary, synthesizer: CachedSynthesizer, *, spanish: str, pace: float
    ) -> None:
        self._library = library
        self._synthesizer = synthesizer
        self._spanish = spanish
        self._pace = pace
        self._private: LiveFolder | None = None
        self.memory: LiveFolder | None = None
        """This process's as long as the prompts are spoken."""

    def open_private(self, parent: Path) -> None:
        """Where sensitive answers are read back from: a folder of this server's own, without what a dead one
        left. Raises `OSError`."""
        parent.mkdir(parents=True, exist_ok=True)
        self._private = claim(parent, ending=PRIVATE_ENDING)

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        """The file of one stretch of prompt; of a private one, the caller's to remove after it was played.
        `waiting`: since when the caller waits for the prompt that it is a part of.

        Raises `SpeechError`.
        """
        if is_private(spoken) and self._private is not None:
            return self._synthesizer.speak_into(
                self._private.path / f"{PRIVATE}{uuid4()}{PRIVATE_ENDING}",
                spoken.text,
                language=self._voice_of(spoken.language),
                pace=self._pace * spoken.pace,
                waiting=waiting,
            )
        return self._library.file_of(
            spoken.text,
            language=self._voice_of(spoken.language),
            recording_name=spoken.recording,
            pace=self._pace * spoken.pace,
            pieces=[(piece.text, piece.recording) for piece in spoken.pieces],
            waiting=waiting,
        )

    def make(self, spoken: Spoken) -> Path:
        """The same ahead, where nobody waits on the line: in the better voice, as long as it takes.

        Raises `SpeechError`.
        """
        if self.source_of(spoken) == "none":
            language, pace = self._voice_of(spoken.language), self._pace * spoken.pace
            self._synthesizer.make(spoken.text, language=language, pace=pace)
        return self.file_of(spoken)

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:
        """What follows in those files after so many seconds, as a file. Raises `SpeechError`.

        Of a private prompt there is none: its rest would stay.
        """
        if any(file.name.startswith(PRIVATE) for file in files):
            raise SynthesizerLost("a private prompt is not cut")
        return self._library.rest_of(files, seconds)

    def source_of(self, spoken: Spoken) -> Literal["studio", "cache", "none"]:
        """Where its file would come from now; `none`: it has to be synthesised. Raises `SpeechError`."""
        language = self._voice_of(spoken.language)
        if spoken.recording and self._library.recording_of(spoken.recording, language, spoken.text):
            return "studio"
        pace = self._pace * spoken.pace
        return "cache" if self._synthesizer.has(spoken.text, language=language, pace=pace) else "none"

    def prepare_recordings(self) -> int:
        """Converts the studio's recordings that no call has needed yet; returns how many."""
        return self._library.prepare()

    def _voice_of(self, language: str) -> str:
        """The language, with the region whose voice was chosen."""
        return self._spanish if language == "es" else language


def studio_folder(settings: Settings) -> Path:
    """Where the studio's recordings lie."""
    return settings.prompts_folder / "studio"


def open_prompts(
    settings: Settings, *, tell: Tell = log.warning, workers: int = 1
) -> tuple[SpokenPrompts, CachedSynthesizer]:
    """Synthesis and studio as the settings say; closing the synthesiser ends all. Raises `SpeechError`.

    `tell` hears why espeak-ng speaks where Piper should.
    """
    speaker = Pyttsx3(voices=SYSTEM_VOICES, workers=workers)
    piper = None
    try:
        speaker.wait_ready(SYNTHESIS_READY)
        piper = _piper(settings, tell, workers)
        cache, memory = settings.prompts_folder / "cache", _memory(settings)
        spare = None if memory is None else Spare(memory.path)
        synthesizer = CachedSynthesizer(speaker, cache, preferred=piper, spare=spare)
        library = PromptLibrary(
            synthesizer, recordings=studio_folder(settings), converted=cache / "studio", spare=spare
        )
    except BaseException:
        speaker.close()
        if piper is not None:
            piper.close()
        raise
    prompts = SpokenPrompts(library, synthesizer, spanish=settings.speech.spanish, pace=settings.speech.pace)
    prompts.open_private(settings.prompts_folder / "private")
    prompts.memory = memory
    return prompts, synthesizer


def _memory(settings: Settings) -> LiveFolder | None:
    """Where the switch finds prompts that the disk does not take: a folder of this process's beside the live
    audio. `None`: there is none, and such prompts are lost."""
    try:
        return claim(shared_memory(settings), ending=ENDING)
    except (OSError, EslError) as fault:
        log.warning("no_memory_for_prompts", reason=str(fault))
        return None


def _piper(settings: Settings, tell: Tell, workers: int) -> Piper | None:
    """Piper with the voices of the settings; None where there are none, or it cannot be had."""
    voices: dict[str, Path] = {
        language: file if file.is_absolute() else settings.home / file
        for language, file in settings.speech.piper.items()
    }
    if not voices:
        return None
    piper = None
    try:
        piper = Piper(voices, workers=workers)
        piper.wait_ready(PIPER_READY)
        return piper
    except SpeechError as fault:
        if piper is not None:
            piper.close()
        tell(f"espeak-ng speaks instead of Piper: {fault}")
        return None


class Voice:
    """Recogniser and prompts of one server."""

    def __init__(
        self, prompts: SpokenPrompts, synthesizer: CachedSynthesizer, recognizer: Recognizer | None
    ) -> None:
        self.prompts = prompts
        self.recognizer = recognizer
        self._synthesizer = synthesizer
        self._warming: list[gevent.Greenlet[..., None]] = []
        self._warm = Event()
        """The static prompts of the first language are there; renewed by each warming."""

    @classmethod
    def of(
        cls, settings: Settings, *, tell: Tell, fetching: Fetching, languages: Sequence[str] = LANGUAGES
    ) -> Voice:
        """Starts what the settings ask for; `tell` hears what is done, and why calls may go by keys only.

        Raises `SpeechError` without synthesis.
        """
        prompts, synthesizer = open_prompts(settings, tell=tell)
        try:
            recognizer = _recognizer(settings, languages, tell, fetching)
        except BaseException:
            synthesizer.close()
            raise
        return cls(prompts, synthesizer, recognizer)

    @property
    def engine(self) -> str:
        """The recogniser's name; `none` if the calls go by keys only."""
        return "none" if self.recognizer is None else self.recognizer.engine

    @property
    def synthesis(self) -> str:
        """The synthesiser's name."""
        return self._synthesizer.engine

    def samples_of(self, text: str, language: str) -> bytes:
        """One stretch of prompt as it is played: 8 kHz samples. Raises `SpeechError`."""
        return read_wav(self.prompts.file_of(Spoken(text, language)))

    def warm_up(self, prompts: Iterable[Spoken], *, first: str) -> None:
        """Begins to synthesise static prompts, beside everything else.

        Those in the language `first` come first, one warming after the other; the others follow with a rest
        between them, and nobody waits for those.
        """
        under_way = [one for one in self._warming if not one.ready()]
        before, warmed = self._warm, Event()
        self._warm = warmed

        def warm() -> None:
            try:
                if under_way:
                    before.wait()
                self.prompts.prepare_recordings()
                later = []
                for spoken in prompts:
                    gevent.sleep(0.001)  # most are there already, and looking must not hold up the calls
                    if spoken.language != first:
                        later.append(spoken)
                    elif not self._warm_one(spoken):
                        return
            finally:
                warmed.set()
            for spoken in later:
                # `ko` and the like are spoken by tests only; their voices need not be there.
                if spoken.language in LANGUAGES:
                    gevent.sleep(REST)
                    if not self._warm_one(spoken):
                        return

        self._warming = [*under_way, gevent.spawn(warm)]

    def _warm_one(self, spoken: Spoken) -> bool:
        """Whether there is a point in making more."""
        try:
            self.prompts.make(spoken)
        except PromptNotKept as refused:
            log.warning("prompts_not_warmed", reason=f"{refused}; they are made when they are wanted")
            return False
        except SpeechError as lost:
            log.warning("prompt_not_warmed", reason=str(lost))
        return True

    def wait_warm(self) -> None:
        """Waits until the static prompts of the first language are there."""
        if self._warming:
            self._warm.wait()

    def close(self) -> None:
        """Ends the workers."""
        gevent.killall(self._warming)
        if self.recognizer is not None:
            self.recognizer.close()
        self._synthesizer.close()


def _recognizer(
    settings: Settings, languages: Sequence[str], tell: Tell, fetching: Fetching
) -> Recognizer | None:
    """The recogniser that the settings and this machine's models allow; None where there is none."""
    choice = choose(
        languages,
        ModelStore(local=settings.models_folder),
        fetch=settings.speech.fetch,
        engine=settings.speech.engine,
        progress=fetching,
        servers={str(language): urls for language, urls in settings.speech.servers.items()},
        second_opinion=settings.speech.second_opinion,
    )
    recognizer = AutoRecognizer(choice)
    if not recognizer.languages():
        for line in recognizer.listeners(languages):
            tell(line)
        recognizer.close()
        tell("no recogniser: the calls go by keys only")
        return None
    try:
        recognizer.wait_ready(RECOGNITION_READY)
    except SpeechError as lost:
        recognizer.close()
        tell(f"the recogniser does not start ({lost}): the calls go by keys only")
        return None
    for line in recognizer.listeners(languages):
        tell(line)
    return recognizer
