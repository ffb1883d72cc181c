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
TAPPED: Mapping[str, str] = {
    "enable_file_write_buffering": "false",
    "RECORD_READ_ONLY": "true",
    "RECORD_PRE_BUFFER_FRAMES": "0",
    "playback_terminators": "none",
    "RECORD_STEREO": "",
    # A recording thread that starts while the leg hangs up waits for ever and keeps the session as a
    # zombie (seen on FreeSWITCH 1.11.2 in 2 of 3 runs of 100 calls; none in 800 calls without the thread).
    "RECORD_USE_THREAD": "false",
}
RECORDED: Mapping[str, str] = {
    "enable_file_write_buffering": "",
    "RECORD_READ_ONLY": "",
    "RECORD_STEREO": "true",
    "RECORD_USE_THREAD": "",
}
QUEUED: Mapping[str, str] = dict.fromkeys(("cc_cause", "cc_cancel_reason", "cc_exit_key"), "")
"""What an earlier queue left: gone before the next one, so that whatever is there was left by that one."""
