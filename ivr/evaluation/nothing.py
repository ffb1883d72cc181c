"""What is no answer, and must not be taken for one: noise, tones, music, other talk, languages and words.

Rules:
1. Eight sources in turn, and three questions (yes or no, a menu, five digits), so that each meets each.
2. Nothing here holds an expected phrase, a universal or a number: whoever says "una persona" means it.
3. People are a studio speaker's sentences and single words (Debian's packages), where they are on the
   machine; for Catalan they are what another language is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialogs.slots.digits import Digits
from dialogs.slots.kind import SlotKind
from dialogs.slots.yes_no import YesNo
from speech.sound import SAMPLE_RATE, Samples, read_wav, resample, to_samples

Speak = Callable[[str, str, str, float], Samples]
"""Text, language, voice, pace → sound."""


def _listed(texts: str) -> tuple[str, ...]:
    return tuple(texts.split("|"))


OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "es": _listed(
        "tengo hambre|mañana lloverá en Sevilla|el perro come pan|pásame la sal|vamos al cine|"
        "qué calor hace hoy|espérate que estoy al teléfono|cierra la puerta|la niña está enferma|"
        "dónde has dejado las llaves|mi hermana vive en Bilbao|apaga la televisión|ayer compré pan|"
        "el tren sale tarde|esto es otra cosa|baja la música|luego te llamo|qué bonito|"
        "mi marido trabaja en Madrid|el gato duerme|hace mucho viento|un café con leche"
    ),
    "ca": _listed(
        "tinc gana|demà plourà a Girona|el gos menja pa|passa'm la sal|anem al cinema|"
        "quina calor que fa avui|espera't que parlo per telèfon|tanca la porta|la nena té febre|"
        "on has deixat les claus|la meva germana viu a Lleida|apaga la televisió|"
        "ahir vaig comprar pa|el tren surt tard|abaixa la música|després et truco|que bonic|"
        "el gat dorm|el meu marit treballa a Reus|fa molt de vent|un cafè amb llet|"
        "porta'm les sabates"
    ),
    "en": _listed(
        "i am hungry|rain in the west|the dog eats bread|pass me the salt|to the cinema|"
        "it is very hot today|wait i am on the phone|close the door|the girl is ill|"
        "where did you put the keys|my sister lives in Leeds|turn off the television|a cup of tea|"
        "the train leaves late|turn down the music|i will call you later|how beautiful|"
        "my husband works in London|the cat sleeps|it is windy|bring me my shoes|yesterday evening"
    ),
}
"""Speech that answers nothing: to somebody else in the room, on the television."""
OTHER_KOREAN = _listed(
    "배가 고파요|내일 비가 와요|강아지가 밥을 먹어요|소금 좀 주세요|영화 보러 가자|오늘 너무 덥다|"
    "잠깐만 전화 받고 있어|문 좀 닫아|아이가 아파요|열쇠 어디에 뒀어|언니는 부산에 살아요|텔레비전 꺼|"
    "어제 빵을 샀어요|기차가 늦게 출발해요|음악 좀 줄여|나중에 전화할게|정말 예쁘다|"
    "남편은 서울에서 일해요|고양이가 자요|바람이 많이 불어요|커피 한 잔|신발 가져와"
)
"""The same for the language of tests, which no other language's set is drawn with."""
FOREIGN: Mapping[str, tuple[str, ...]] = {
    "roa/fr": _listed(
        "bonjour je voudrais un renseignement|il fait très beau|où est la gare|je ne comprends pas|"
        "merci beaucoup|mon frère habite à Lyon"
    ),
    "gmw/de": _listed(
        "guten Tag ich habe eine Frage|das Wetter ist schön|wo ist der Bahnhof|"
        "ich verstehe das nicht|vielen Dank|mein Bruder wohnt in Köln"
    ),
    "roa/it": _listed(
        "buongiorno vorrei un'informazione|oggi fa molto caldo|dove sono le chiavi|"
        "non capisco niente|mille grazie|mio fratello abita a Torino"
    ),
    "roa/pt-BR": _listed(
        "bom dia eu queria uma informação|hoje está muito quente|onde fica a estação|muito obrigado|"
        "meu irmão mora em Recife|a menina está doente"
    ),
    "zle/ru": _listed(
        "здравствуйте у меня вопрос|сегодня очень жарко|где находится вокзал|большое спасибо|"
        "мой брат живёт в Москве|закрой дверь"
    ),
}
"""Languages that no flow speaks, by espeak-ng's voice."""
STUDIO_SENTENCES = (
    *("conf-hasjoin", "conf-hasleft", "conf-kicked", "conf-locked", "conf-unmuted", "conf-leaderhasleft"),
    *("conf-waitforleader", "conf-enteringno", "conf-now-recording", "vm-isunavail"),
    *("vm-isonphone", "vm-mailboxfull", "vm-deleted", "vm-saved", "vm-msgsaved", "vm-passchanged"),
    *("queue-thereare", "queue-callswaiting", "queue-thankyou", "queue-holdtime", "privacy-unident"),
    *("pbx-parkingfailed", "ss-noservice", "hello-world", "tt-weasels", "demo-thanks"),
    *("dir-welcome", "auth-thankyou", "followme/sorry", "confbridge-join", "confbridge-leave"),
)
STUDIO_WORDS = tuple(
    f"digits/{name}"
    for name in (
        *("today", "yesterday", "afternoon", "a-m", "oclock", "star", "pound", "minus"),
        *(f"day-{at}" for at in range(7)),
        *(f"mon-{at}" for at in range(12)),
    )
)
"""Single words of people: days, months, signs. "Tomorrow" is "mañana", which a menu may offer."""


@dataclass(frozen=True)
class Unasked:
    """Something that is heard and answers nothing."""

    name: str
    """Source, speaker and words: no two are alike."""
    text: str
    """Empty: no speech."""
    speaker: str
    human: bool
    kind: SlotKind
    sound: Callable[[], Samples]


def questions(menu: SlotKind, language: str) -> tuple[SlotKind, ...]:
    """What was asked, in turn; in Korean nothing but yes or no."""
    if language == "ko":
        return (YesNo(),)
    return YesNo(), menu, Digits.model_validate({"length": 5})


def unasked(
    language: str,
    count: int,
    chance: random.Random,
    speak: Speak,
    *,
    menu: SlotKind,
    voices: Mapping[str, Sequence[str]],
    paces: Sequence[float],
    studios: Mapping[str, Path],
) -> Iterator[Unasked]:
    """`count` of them, from each source in turn; `studios`: the folders of studio speakers, by language."""
    draw = _Draw(language, chance, speak, voices, paces, studios)
    sources = [draw.noise, draw.tone, draw.music, draw.behind, draw.foreign, draw.other_words]
    if studios:
        sources += [draw.studio_sentence, draw.studio_word]
    asked = questions(menu, language)
    seen: set[str] = set()
    for at in range(20 * count):
        if len(seen) == count:
            return
        name, text, speaker, human, sound = sources[at % len(sources)]()
        kind = asked[at // len(sources) % len(asked)]
        name = f"{kind.name}/{name}"
        if name not in seen:
            seen.add(name)
            yield Unasked(name, text, speaker, human, kind, sound)


_Drawn = tuple[str, str, str, bool, Callable[[], Samples]]


class _Draw:
    """One of each source, drawn anew each time."""

    def __init__(
        self,
        language: str,
        chance: random.Random,
        speak: Speak,
        voices: Mapping[str, Sequence[str]],
        paces: Sequence[float],
        studios: Mapping[str, Path],
    ) -> None:
        self._language, self._chance, self._speak = language, chance, speak
        self._voices, self._paces, self._studios = voices, paces, studios
        self._others = OTHER_KOREAN if language == "ko" else OTHER_WORDS[language]

    def noise(self) -> _Drawn:
        makers: Mapping[str, Callable[[int], Samples]] = {
            "white noise": lambda seed: coloured(seed, 0),
            "pink noise": lambda seed: coloured(seed, 1),
            "brown noise": lambda seed: coloured(seed, 2),
            "clicks": clicks,
            "breath": breath,
        }
        return self._made(makers)

    def tone(self) -> _Drawn:
        makers: Mapping[str, Callable[[int], Samples]] = {
            "ring-back": lambda seed: tone((425,), 1.5, 0.05 + seed % 10 / 50),
            "busy": lambda seed: np.tile(np.concatenate([tone((425,), 0.2), np.zeros(1600)]), 2 + seed % 4),
            "keys": lambda seed: tone((697 + 76 * (seed % 4), 1209 + 127 * (seed % 3)), 0.1 + seed % 7 / 20),
            "beep": lambda seed: tone((440 + 140 * (seed % 8),), 0.3 + seed % 5 / 10),
            "hum": lambda seed: tone((50, 100 + 50 * (seed % 2), 150, 250), 1.0 + seed % 3),
        }
        return self._made(makers)

    def music(self) -> _Drawn:
        return self._made({"plucked music": plucked, "organ": organ, "drums": drums})

    def _made(self, makers: Mapping[str, Callable[[int], Samples]]) -> _Drawn:
        what = self._chance.choice(sorted(makers))
        seed = self._chance.randrange(1 << 30)
        return f"{what}/{seed}", "", what, False, lambda: makers[what](seed)

    def _synthetic(self, text: str, language: str, voice: str) -> tuple[str, Callable[[], Samples]]:
        pace = self._chance.choice(self._paces)
        return f"{voice} at {pace}", lambda: self._speak(text, language, voice, pace)

    def behind(self) -> _Drawn:
        """Two people who talk in the same room, far from the telephone."""
        texts = self._chance.sample(self._others, 3)
        said = [
            self._synthetic(text, self._language, self._chance.choice(self._voices[self._language]))
            for text in texts
        ]
        far = self._chance.uniform(0.1, 0.4)
        name = " + ".join(f"{speaker} {text}" for text, (speaker, _sound) in zip(texts, said, strict=True))
        sounds = [sound for _speaker, sound in said]
        return f"behind/{name}", "", "cross-talk", False, lambda: talk_behind([s() for s in sounds], far)

    def foreign(self) -> _Drawn:
        """A language that is not asked in: one that the house speaks, or none of them."""
        house = [language for language in OTHER_WORDS if language != self._language]
        if self._chance.random() < 0.4:
            language = self._chance.choice(house)
            voice, texts = self._chance.choice(self._voices[language]), OTHER_WORDS[language]
        else:
            voice = self._chance.choice(sorted(FOREIGN))
            language, texts = voice, FOREIGN[voice]
        text = self._chance.choice(texts)
        speaker, sound = self._synthetic(text, language, voice)
        return f"foreign/{speaker}/{text}", text, f"another language, {speaker}", False, sound

    def other_words(self) -> _Drawn:
        text = self._chance.choice(self._others)
        speaker, sound = self._synthetic(
            text, self._language, self._chance.choice(self._voices[self._language])
        )
        return f"words/{speaker}/{text}", text, f"other words, {speaker}", False, sound

    def studio_sentence(self) -> _Drawn:
        return self._studio("sentence", STUDIO_SENTENCES)

    def studio_word(self) -> _Drawn:
        return self._studio("word", STUDIO_WORDS)

    def _studio(self, what: str, names: Sequence[str]) -> _Drawn:
        language = self._chance.choice(sorted(self._studios))
        there = [name for name in names if (self._studios[language] / f"{name}.wav").is_file()]
        name = self._chance.choice(there)
        file = self._studios[language] / f"{name}.wav"
        words = f"({language}: {name})"
        return (
            f"studio/{language}/{name}",
            words,
            f"studio {what} in {language}",
            True,
            lambda: heard_from(file),
        )


def heard_from(file: Path) -> Samples:
    """At most four seconds of a recording: the first sentence."""
    return to_samples(read_wav(file))[: 4 * SAMPLE_RATE]


def talk_behind(sounds: Sequence[Samples], far: float) -> Samples:
    """Voices at once, `far` (0 to 1) of their loudness, with the echo of a room."""
    whole = np.zeros(max(map(len, sounds)) + SAMPLE_RATE // 2)
    for at, sound in enumerate(sounds):
        begins = at * SAMPLE_RATE // 7
        whole[begins : begins + len(sound)] += sound[: len(whole) - begins]
    for delay in (370, 910, 1690):
        whole[delay:] += 0.35 * whole[:-delay]
    return far * whole / max(1.0, len(sounds) / 2)


def coloured(seed: int, fall: int) -> Samples:
    """Two seconds of noise that falls by `fall` times 3 dB an octave."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.normal(size=2 * SAMPLE_RATE))
    noise: Samples = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (fall / 2))
    noise *= chance.uniform(0.02, 0.1) / noise.std()
    return noise


def breath(seed: int) -> Samples:
    """Somebody breathes into the telephone: noise around 1 kHz that swells and ebbs."""
    chance = np.random.default_rng(seed)
    length = round(chance.uniform(0.5, 1.5) * SAMPLE_RATE)
    spectrum = np.fft.rfft(chance.normal(size=length))
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    shaped: Samples = np.fft.irfft(spectrum * np.exp(-(((hertz - 900) / 700) ** 2)), length)
    shaped *= np.hanning(length) * 0.08 / shaped.std()
    return shaped


def plucked(seed: int) -> Samples:
    """Chords on a plucked string, with a melody above: what plays on hold."""
    chance = np.random.default_rng(seed)
    out = np.zeros(3 * SAMPLE_RATE)
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    for beat in range(6):
        root = 110 * 2 ** (chance.choice((0, 3, 5, 7)) / 12)
        for ratio in (1, 1.26, 1.5, 2 * 2 ** (chance.integers(8) / 12)):
            note = sum(np.sin(2 * np.pi * root * ratio * n * time) / n**1.5 for n in range(1, 8))
            out[beat * len(time) : (beat + 1) * len(time)] += note * np.exp(-4 * time)
    out *= 0.3 / np.abs(out).max()
    return out


def organ(seed: int) -> Samples:
    """A melody of held notes with a trembling pitch, as a singer or a violin has it."""
    chance = np.random.default_rng(seed)
    notes = []
    for _note in range(int(chance.integers(3, 7))):
        time = np.arange(round(chance.uniform(0.25, 0.7) * SAMPLE_RATE)) / SAMPLE_RATE
        hertz = 196 * 2 ** (chance.choice((0, 2, 4, 5, 7, 9, 12)) / 12)
        phase = 2 * np.pi * hertz * time + 3 * np.sin(2 * np.pi * 5.5 * time)
        note = sum(np.sin(n * phase) / n for n in range(1, 9))
        notes.append(note * np.minimum(1, np.minimum(time, time[::-1]) / 0.03))
    out: Samples = np.concatenate(notes)
    out *= 0.25 / np.abs(out).max()
    return out


def drums(seed: int) -> Samples:
    """A beat with a bass below."""
    chance = np.random.default_rng(seed)
    out = np.zeros(3 * SAMPLE_RATE)
    time = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    for beat in range(12):
        kick = np.sin(2 * np.pi * (50 + 60 * np.exp(-30 * time)) * time) * np.exp(-12 * time)
        snare = chance.normal(size=len(time)) * np.exp(-20 * time) * (beat % 4 == 2)
        bass = np.sin(2 * np.pi * 82 * 2 ** (chance.choice((0, 3, 5)) / 12) * time)
        out[beat * len(time) : (beat + 1) * len(time)] += kick + 0.5 * snare + 0.4 * bass
    out *= 0.3 / np.abs(out).max()
    return out


def tone(hertz: Sequence[float], seconds: float, loud: float = 0.1) -> Samples:
    """Sine waves together."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    whole: Samples = sum((np.sin(2 * np.pi * one * time) for one in hertz), start=np.zeros(len(time)))
    return loud * whole / len(hertz)


def clicks(seed: int) -> Samples:
    """A dozen clicks in two seconds."""
    out = np.zeros(2 * SAMPLE_RATE)
    out[np.random.default_rng(seed).integers(0, len(out), 12)] = 0.8
    return resample(resample(out, SAMPLE_RATE, 6000), 6000, SAMPLE_RATE)
