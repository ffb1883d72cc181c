"""That the call is recorded: said, or asked, before anything of it is.

```yaml
flow: main
recording_notice:
  es: "Esta llamada se graba."
  ca: "Aquesta trucada s'enregistra."
  en: "This call is recorded."
```
With `recording_consent: ask` the notice is a question, and only a yes starts the recording:
```yaml
recording_notice: {es: "¿Podemos grabarla?", ca: "La podem enregistrar?", en: "May we record this call?"}
recording_consent: ask
```
It comes before the first step that waits for the caller or hands them over, hence after a greeting, and
only where calls are recorded. Silence is no consent.
"""

from __future__ import annotations

from collections.abc import Generator

from dialogs.call import Call
from dialogs.effects import Effect, Play, Prompt, StartRecording
from dialogs.flow import Flow, Retries
from dialogs.nodes.question import Asked, Question, listen
from dialogs.results import Heard, Keyed, Match, NoMatch, Result
from dialogs.slots.yes_no import YesNo

STEP = "recording_notice"
"""What records and transcripts call it, and its studio recording."""

_ONCE_MORE = Retries(no_input=1, no_match=1)


def give_notice(call: Call, flow: Flow) -> Generator[Effect, Result, None]:
    """Says the notice of `flow`, or asks, and starts the recording unless the caller does not want it."""
    words = flow.recording_notice
    assert words is not None

    def notice() -> Prompt:
        return call.prompt(words, place=f"{flow.name}/{STEP}")

    if flow.recording_consent == "tell":
        yield Play(notice(), STEP, always=True)
        yield StartRecording(STEP)
        return
    kind, language = YesNo(), call.language

    def judge(answer: Heard | Keyed) -> Match | NoMatch:
        return kind.outright(answer, call.asking)

    asked = Asked(
        step=Question.model_validate({"prompt": dict(words), "retries": _ONCE_MORE}),
        kind=kind.name,
        say=notice,
        phrases=kind.phrases(language),
        words=kind.words(language),
        keys=kind.keys(),
        judge=judge,
        keypad=kind.keypad_wording,
        final_silence=kind.final_silence,
        own_words=False,
        name=STEP,
    )
    answer = yield from listen(call, asked)
    if answer is not None and answer.value == "yes":
        yield StartRecording(STEP)
