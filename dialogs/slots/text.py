"""Free speech: the answer is what was said, as text.

```yaml
- ask: complaint
  type: text
  max_length: 300           # characters; default 200
  prompt:
    es: "Cuénteme en una frase qué ha pasado."
    ca: "Expliqui'm en una frase què ha passat."
    en: "Please tell me in one sentence what happened."
```
There is no grammar: the recogniser listens for anything. The value is cleaned of control signs and markup,
and cut at a word. It is never asked back, because nobody wants to hear a whole sentence again; what was
hardly heard, a hesitation alone, or what recognisers make up from noise is not understood. Use
`sensitive: true` where people may tell personal things. To find out what a sentence means, use `understand`.

`not_yes_no: true` takes no mere reply for the answer, as for a street: "sí", "no lo sé", "perdón, espere".
`place: true` is for a street or a town: what callers say around it is left out, so that "vivo en Toledo" and
"Toledo, por favor" are `Toledo`. `place: street` and `place: town` also tell a `confirm` that reads both back
which of them a correction is about.

There is no answer by key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.hedges import told
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.trust import band
from dialogs.slots.where import place_alone
from dialogs.slots.words import tokens, words_of
from dialogs.slots.yes_no import is_reply
from dialogs.spoken import clean

_NOTHING = frozenset(
    words_of("eh em mmm mm ah oh uh um er hum este esto pues doncs well a ver veure bueno be bo hola hello")
)
"""Hesitations, which are no answer."""
_MADE_UP = re.compile(
    r"subtítulos?\b.*\b(?:comunidad|amara)|subtítols?\b.*\b(?:comunitat|amara)|amara\.org"
    r"|subtitles? by|thanks? (?:you )?for watching|gracias por ver el v[ií]deo|suscríbete"
    r"|^[^\w]*m[uú]sic[ao]?[^\w]*$"
    r"|^[\[(].*[\])]$",
    re.IGNORECASE,
)
"""What recognisers write for noise and silence: it stands in the captions that they learned from."""


class Text(SlotKind):
    """Anything that is said."""

    name: ClassVar[str] = "text"
    value_type: ClassVar[ValueType] = "text"
    final_silence: ClassVar[float] = 1.5
    longest_utterance: ClassVar[float] = 30.0
    confirmable: ClassVar[bool] = False
    free_speech: ClassVar[bool] = True
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("no me funciona la luz del portal", "no me funciona la luz del portal"),
            ("calle Mayor, número doce", "calle Mayor, número doce"),
            ("el pedido llegó roto", "el pedido llegó roto"),
        ),
        "ca": (
            ("no em funciona el llum de l'escala", "no em funciona el llum de l'escala"),
            ("carrer Major, número dotze", "carrer Major, número dotze"),
            ("la comanda va arribar trencada", "la comanda va arribar trencada"),
        ),
        "en": (
            ("the light on the stairs does not work", "the light on the stairs does not work"),
            ("twelve High Street", "twelve High Street"),
            ("the parcel arrived broken", "the parcel arrived broken"),
        ),
    }

    max_length: int = Field(200, ge=10, le=1000, description="Characters")

    not_yes_no: bool = Field(False, description="Whether a mere yes, no or sorry is no answer")

    place: bool | Literal["street", "town"] = Field(
        False, description="Whether it is a street or a town, of which the name alone is kept"
    )

    def keys(self) -> Keys:
        return Keys(0, 0)

    @override
    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        if isinstance(answer, Keyed):
            return NoMatch(answer.keys)
        for alternative in answer.alternatives[:1]:
            text = self._cut(clean(alternative.text, longest=2000))
            said = words_of(text)
            if not set(said) - _NOTHING or _MADE_UP.search(alternative.text.strip()):
                break
            if self.not_yes_no and _only_replies(text, asking.language):
                break
            if self.place:
                text = place_alone(text, asking.language)
            if band(alternative.confidence, "exact") != "unsure":
                return Match(text, text, "voice", alternative.confidence)
        return NoMatch(best_said(answer))

    def _cut(self, text: str) -> str:
        if len(text) <= self.max_length:
            return text
        return text[: self.max_length + 1].rpartition(" ")[0] or text[: self.max_length]

    @override
    def read_back(self, value: str, asking: Asking) -> str:
        return value


def _only_replies(text: str, language: str) -> bool:
    """Whether nothing is left of it beside replies, doubts, apologies and pauses."""
    rest = told(tokens(text), language)
    left = (" ".join(part) for part in rest.parts if set(part) - _NOTHING)
    return is_reply(text, language) or all(is_reply(part, language) for part in left)
