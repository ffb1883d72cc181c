"""What a dialog wants to happen. The session performs it on a call, a test performs it on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dialogs.queue_facts import QueueFacts
from dialogs.results import Heard, Keyed, Match, NoMatch


@dataclass(frozen=True)
class Piece:
    """A part of a sentence with values: fixed words, which a studio may have recorded under the name
    `recording`, or the words of a value (`None`)."""

    text: str
    recording: str | None = None


@dataclass(frozen=True)
class Spoken:
    """A stretch of prompt: text to be synthesised, in words (numbers and money already spelled out).

    `recording` names a studio file that replaces the synthesis if it is there (a path below the
    prompts folder, without ending); `varies` tells that the text holds a value, so that it is not
    worth a studio recording. `shown` is how a person reads it: "142,30 €" for the words; empty: as the
    text. Logs, transcripts and screens take `shown or text`: what is sensitive is masked in `shown`.
    """

    text: str
    language: str
    recording: str | None = None
    varies: bool = False
    shown: str = ""
    pace: float = 1.0
    """1.0 is normal; less is slower (the caller asked for it)."""
    pieces: tuple[Piece, ...] = ()
    """The same text in its parts, where it holds values: what can be joined from recordings."""


Prompt = tuple[Spoken, ...]


@dataclass(frozen=True)
class Keys:
    """Which keys answer a question. `none` (no keys) is `Keys(0, 0)`."""

    shortest: int
    longest: int
    terminator: str = "#"
    inter_digit_timeout: float = 3.0
    """Seconds."""


@dataclass(frozen=True)
class Heeded:
    """What cuts a sentence short if it is said meanwhile; nothing else that is said does."""

    language: str
    ways: tuple[str, ...]
    """In which it may be put, as a whole or within a sentence: what is said is free speech all the same."""
    judge: Callable[[Heard], Match | None]
    """Pure: the result of the sentence, or `None` for all else."""
    heard_out: bool = True
    """Whoever speaks as it ends is waited for: not where a person hears them at once."""


@dataclass(frozen=True)
class Play:
    """Say it. Result: `Played`, or what was said against it. Keys pressed meanwhile stop it and are kept for
    the next question."""

    prompt: Prompt
    step: str
    sensitive: bool = False
    """It says something sensitive: the recording is silent meanwhile. The engine sets it."""
    always: bool = False
    """Said also to a caller who has typed ahead; a key pressed while it sounds still cuts it short."""
    heeded: Heeded | None = None
    """In flows that call people. The engine sets it; `None`: nobody listens meanwhile."""


@dataclass(frozen=True)
class Collect:
    """Ask and listen. Result: `Match`, `NoMatch` or `NoInput`."""

    prompt: Prompt
    step: str
    kind: str
    """The kind of answer (`yes_no`, `digits`, `menu`, ...): chooses end-pointing."""
    language: str
    phrases: tuple[str, ...]
    """What the recogniser may expect, lower case, as a whole or within a sentence."""
    keys: Keys
    judge: Callable[[Heard | Keyed], Match | NoMatch]
    """Pure: what was heard or keyed, judged against what was asked."""
    words: tuple[str, ...] = ()
    """Words that it may expect in a row, as those of a number. No phrases, no words: free speech."""
    voice: bool = True
    """False: keypad only (after repeated misses, or where recognition is lost)."""
    barge_in: bool = True
    initial_timeout: float = 6.0
    """Seconds from the end of the prompt to the first sound, then `NoInput`."""
    final_silence: float = 0.7
    """Seconds of silence that end the utterance."""
    longest_utterance: float = 12.0
    """Seconds."""
    sensitive: bool = False
    """The answer, or what the question reads back, is sensitive: neither is recorded or shown."""
    offers: str = ""
    """What a yes to this question brings about (`callback`); empty where it is a plain question."""
    keep: str = ""
    """Why the sound of the answer is kept as a file of its own (`consent`); empty: it is not. What was keyed
    before the question does not answer it."""


@dataclass(frozen=True)
class Lookup:
    """Ask a back end. Result: `Found`, `Missing`, `Slow` or `Failed`; or the wish for a person, as a `Match`,
    of a caller who does not want to wait."""

    name: str
    by: Mapping[str, str]
    step: str
    deadline: float = 4.0
    """Seconds."""
    filler: Prompt = ()
    """Said if it takes long, and again."""


@dataclass(frozen=True)
class StartRecording:
    """From here on the call is recorded: the caller has heard that it is. Result: `Done`."""

    step: str


@dataclass(frozen=True)
class Enqueue:
    """Hand the caller to people, with what is known. Result: `Handed` or `NobodyFree` or `Failed`."""

    queue: str
    step: str
    context: Mapping[str, str]
    priority: int = 0
    """Seconds of waiting that they are ahead of others. The engine sets it."""
    keys: str = ""
    """Keys that lead out while they wait: `NobodyFree("left", key)`."""
    invitation: Prompt = ()
    """What is said about those keys, now and then."""
    overflow: Callable[[QueueFacts], str] | None = None
    """Pure: asked on the way in and while they wait; a name leads out: `NobodyFree("overflow", name)`."""


@dataclass(frozen=True)
class Verify:
    """Check who the caller is. Result: `Found` (it is them), `Missing` (it is not), `Locked`, `Slow` or
    `Failed`. The performer counts wrong answers over all calls and locks; the claims are sensitive."""

    identity: str
    claims: Mapping[str, str]
    step: str
    deadline: float = 4.0
    """Seconds."""


@dataclass(frozen=True)
class Understand:
    """What the caller means. Result: `Understood`, `Slow` or `Failed`."""

    name: str
    """The slot that holds the intent."""
    text: str
    language: str
    intents: tuple[str, ...]
    """What it may be; nothing else is an answer."""
    entities: tuple[str, ...]
    """What it may hold beside, by name."""
    step: str
    deadline: float = 2.0
    """Seconds."""
    beside: tuple[str, ...] = ()
    """What else a recogniser may have heard instead of the text, the likeliest first."""


@dataclass(frozen=True)
class Transfer:
    """Send the caller to a destination of the catalogue. Result: `Handed`, `Unreached` or `Failed`.

    Blind: the call is the destination's, and there is no way back. Bridged: a caller whose destination
    does not answer comes back.
    """

    destination: str
    """The name in the catalogue."""
    extension: str
    """What the switch's dialplan is asked for."""
    mode: Literal["blind", "bridged"]
    step: str
    context: Mapping[str, str]
    ring: float = 25.0
    """Seconds that it may ring, if bridged."""


@dataclass(frozen=True)
class Record:
    """Record what the caller says. Result: `Recorded`, `NoInput` (nothing was said) or `Failed`."""

    purpose: Literal["record", "message"]
    name: str
    """The slot of a recording; the queue of a message."""
    step: str
    longest: float
    """Seconds."""
    final_silence: float
    """Seconds of silence that end it."""
    initial_timeout: float
    """Seconds until the caller must have begun."""
    terminators: str = "#"
    """Any of these keys ends it."""
    outcome: str = ""
    """How the contact has ended if the caller hangs up after having spoken; empty: as before."""
    if_gone: Callable[[str], OpenCase] | None = None
    """The case that is opened if they hang up after having spoken, from the recording's reference."""


@dataclass(frozen=True)
class CallBack:
    """Promise the caller to be called. Result: `Done`, `Refused` (not such a number) or `Failed`."""

    queue: str
    number: str
    keep_place: bool
    """Whether the caller keeps their place in the queue meanwhile."""
    step: str
    context: Mapping[str, str]
    window: str = ""
    """When, by the wall clock where they are: `2026-11-24T09:00/2026-11-24T14:00`; empty: at their turn."""


@dataclass(frozen=True)
class MayCallBack:
    """Ask whether a number is called, and when; nothing is promised. Result: `Found` with `from` and `until`
    (as a window, what is possible of it, or next after it), `Refused` or `Failed`.

    Reasons of a refusal: `malformed`, `unknown`, `foreign`, `premium`, `shared_cost`, `service`, `satellite`,
    `too_many`, `do_not_call` of the number; `past`, `too_far`, `no_hours`, `full` of the window.
    """

    queue: str
    number: str
    window: str
    """As in `CallBack`."""
    step: str


@dataclass(frozen=True)
class Notify:
    """Send a message. Result: `Done`, `Refused` (they do not want any) or `Failed`."""

    channel: Literal["sms", "email", "webhook"]
    to: str
    """A number, an address, or the name of a webhook in the catalogue."""
    text: str
    fields: Mapping[str, str]
    language: str
    step: str
    subject: str = ""
    """Of an e-mail; empty: the company's usual one."""


PromiseRefusal = Literal[
    "nothing",
    "too_much",
    "too_little",
    "past",
    "too_late",
    "too_many_instalments",
    "not_proved",
    "not_confirmed",
    "unknown",
]
"""Why the house does not take a promise."""


@dataclass(frozen=True)
class Promise:
    """Note a promise to pay. Result: `Done`, `Refused` (a `PromiseRefusal`) or `Failed`."""

    name: str
    amount: int
    """Minor units of `currency`."""
    currency: str
    on: str
    """ISO date: of the only payment, or of the first instalment."""
    step: str
    instalments: int = 1
    """In how many equal parts, a month apart."""
    confirmed_by: str = ""
    """How they agreed when it was read back: `yes` (said) or `key`; empty: they did not."""


@dataclass(frozen=True)
class OpenCase:
    """Open a case. Result: `CaseOpened` or `Failed`."""

    name: str
    about: Mapping[str, str]
    step: str


@dataclass(frozen=True)
class Consent:
    """Keep what somebody has agreed to, or not, with what proves it. Result: `Done` or `Failed`."""

    kind: str
    given: bool
    terms: str
    """The version of the text."""
    text: str
    """What was read to them."""
    answer: str
    """What they said or keyed."""
    by: Literal["voice", "keys"]
    clip: str
    """Where the sound of the answer lies, below the recordings folder; empty if it was keyed."""
    language: str
    step: str


@dataclass(frozen=True)
class Write:
    """Have something done in the company's systems. Result: `Written`, `Noted`, `Refused` or `Failed`.

    Done twice in a call with the same values at the same step, it happens once."""

    name: str
    values: Mapping[str, str]
    step: str
    deadline: float = 6.0
    """Seconds to wait until it is done; after that it is done later."""
    filler: Prompt = ()
    """Said if it takes long, and again."""


@dataclass(frozen=True)
class SetOutcome:
    """How this contact ended, in the company's codes. Result: `Done`."""

    code: str
    step: str


@dataclass(frozen=True)
class Hangup:
    """End the call. It has no result."""

    step: str
    cause: str = "NORMAL_CLEARING"


Deed = (
    Verify
    | Understand
    | Transfer
    | Record
    | CallBack
    | MayCallBack
    | Notify
    | Promise
    | OpenCase
    | Consent
    | Write
)
"""Effects that need a performer of their own in the live service."""
Effect = Play | Collect | Lookup | StartRecording | Enqueue | SetOutcome | Hangup | Deed
