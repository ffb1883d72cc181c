"""What can go wrong between sound and words. Every error has a stable code for logs and reports."""

from __future__ import annotations


class SpeechError(Exception):
    """Something of `speech` failed. The message is one line that says what, and what to do."""

    code = "speech"


class RecognizerLost(SpeechError):
    """No worker can take, or finish, this utterance: go on with keys."""

    code = "recognizer_lost"


class RecognizerTimeout(SpeechError):
    """The worker lives, but did not answer within the deadline."""

    code = "recognizer_timeout"


class SynthesizerLost(SpeechError):
    """The text cannot be made audible: use a recorded prompt."""

    code = "synthesizer_lost"


class SynthesizerLate(SynthesizerLost):
    """The text is not audible in the time that callers wait for it in silence; it may be soon."""

    code = "synthesizer_late"


class PromptNotKept(SynthesizerLost):
    """The disk of the prompts takes no more, and nobody waits for this one."""

    code = "prompt_not_kept"


class WorkerLost(SpeechError):
    """A worker process ended, or never became ready."""

    code = "worker_lost"


class WorkerUnfit(WorkerLost):
    """A worker process said itself that it cannot do its work: another one would say the same."""

    code = "worker_unfit"


class WorkerTimeout(SpeechError):
    """A worker process did not answer in time."""

    code = "worker_timeout"


class ModelUnavailable(SpeechError):
    """No source could give the model; the message lists each and why it failed."""

    code = "model_unavailable"


class SoundUnreadable(SpeechError):
    """A file is not a sound that can be read."""

    code = "sound_unreadable"
