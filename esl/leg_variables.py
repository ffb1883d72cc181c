"""The channel variables that a leg is given, by occasion. They count at the moment of the occasion."""

from __future__ import annotations

from collections.abc import Mapping

from esl import commands
from esl.caller_id import shown_name, shown_number

PREPARED: Mapping[str, str] = {
    **commands.NEVER_EXPAND,
    "playback_terminators": "none",
}
ON_ITS_OWN: Mapping[str, str] = {"socket_resume": ""}
"""Of a leg that is let go of, or handed to people. Its dialplan sets `socket_resume`, so that a caller goes
on at once when our server dies, whatever plays (and is not parked for ever if that happens before `connect`).
It would also cut off a sentence at our goodbye, and a conversation with an agent."""
RECORDED: Mapping[str, str] = {
    "enable_file_write_buffering": "",
    "RECORD_READ_ONLY": "",
    "RECORD_STEREO": "true",
    # With a thread of its own, one recording in twenty that meets the caller's hang-up keeps its session for
    # ever (FreeSWITCH 1.11.2: 30 of 600 calls; none of 600 without).
    "RECORD_USE_THREAD": "false",
}
RECORDING = "ivr_recording"
"""The channel variable with the file of the whole call: should we die while it is masked, the dialplan's
fallback unmasks it by this."""
VOICE: Mapping[str, str] = {**RECORDED, "RECORD_READ_ONLY": "true", "RECORD_STEREO": ""}


def shown_as(name: str, number: str) -> Mapping[str, str]:
    """What a queue is told of the caller in place of what they call themselves; nothing, if that is harmless.
    mod_callcenter takes these variables before the leg's own name and number (`callcenter_function`), and
    prints them as they are."""
    fit = {"caller_id_name": shown_name(name), "caller_id_number": shown_number(number)}
    own = {"caller_id_name": name, "caller_id_number": number}
    return {variable: value for variable, value in fit.items() if own[variable] not in ("", value)}


QUEUED: Mapping[str, str] = dict.fromkeys(("cc_cause", "cc_cancel_reason", "cc_exit_key"), "")
"""What an earlier queue left: gone before the next one, so that whatever is there was left by that one."""
