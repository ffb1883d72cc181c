"""The channel variables that a leg is given, by occasion. They count at the moment of the occasion."""

from __future__ import annotations

from collections.abc import Mapping

from esl import commands

PREPARED: Mapping[str, str] = {
    **commands.NEVER_EXPAND,
    "playback_terminators": "none",
    # The dialplan sets it because the switch parks the leg for ever if the connection ends before
    # `connect`. From here on it would cut off a sentence, or a conversation with an agent, at that end.
    "socket_resume": "",
}
RECORDED: Mapping[str, str] = {
    "enable_file_write_buffering": "",
    "RECORD_READ_ONLY": "",
    "RECORD_STEREO": "true",
    "RECORD_USE_THREAD": "",
}
VOICE: Mapping[str, str] = {**RECORDED, "RECORD_READ_ONLY": "true", "RECORD_STEREO": ""}
QUEUED: Mapping[str, str] = dict.fromkeys(("cc_cause", "cc_cancel_reason", "cc_exit_key"), "")
"""What an earlier queue left: gone before the next one, so that whatever is there was left by that one."""
