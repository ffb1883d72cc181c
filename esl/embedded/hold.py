"""A caller who puts us on hold and comes back: a re-INVITE of a telephone, as FreeSWITCH tells it.

Seen on FreeSWITCH 1.11.2 (tests/traces/outbound-socket-hold): what plays goes on, the telephone just does
not take it. Recordings and the live audio get no frame meanwhile, so that much of their time is missing
(`switch_core_media_read_frame` answers INUSE for a leg on hold, and no media bug is called). The offer's
variables move behind all others before CHANNEL_HOLD or CHANNEL_UNHOLD is told, those of our answer and of the
caller's ACK after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from esl.embedded.leg_variables import dialog_variables

if TYPE_CHECKING:
    from esl.embedded.channel import Channel

_OFFERED = (
    "switch_r_sdp",
    "ep_codec_string",
    "rtp_use_codec_string",
    "remote_video_media_flow",
    "remote_text_media_flow",
)
_ANSWERED = (
    "remote_media_ip",
    "remote_media_port",
    "rtp_audio_recv_pt",
    "dtmf_type",
    "rtp_2833_send_payload",
    "rtp_2833_recv_payload",
    "rtp_local_sdp_str",
)


ANSWERS = {"sendonly": "recvonly", "inactive": "inactive", "sendrecv": "sendrecv"}
"""Our direction, for theirs."""


def hold(channel: Channel, theirs: str) -> None:
    """The caller puts us on hold (`sendonly`, or `inactive`), or comes back. Before the answer, or twice, it
    means nothing."""
    held = theirs != "sendrecv"
    if not channel.is_up() or not channel.answered or channel.media.held == held:
        return
    times, now = channel.profile.times, channel.now()
    channel.media.held = held
    if held:
        times.last_hold = now
        channel.holds.append((now, 0))
    else:
        times.hold_accum += now - times.last_hold
        channel.holds[-1] = (times.last_hold, now)
    _move(channel, _OFFERED)
    channel.update({"remote_audio_media_flow": theirs, "audio_media_flow": ANSWERS[theirs]})
    channel.set_call_state("HELD" if held else "UNHELD")
    channel.fire("CHANNEL_HOLD" if held else "CHANNEL_UNHOLD")
    if not held:
        channel.set_call_state("ACTIVE")
    _move(channel, _ANSWERED)
    channel.update(dialog_variables(channel.variables, sequence=channel.switch.next_dialog_number()))


def hold_events(holds: list[tuple[int, int]]) -> str:
    """The variable `hold_events`: beginnings and ends in microseconds (switch_channel.c)."""
    return "{" + ",".join(f"{{{began},{ended}}}" for began, ended in holds) + "}"


def _move(channel: Channel, names: tuple[str, ...]) -> None:
    """Setting a variable anew moves it behind the others."""
    for name in names:
        channel.set(name, channel.variables.get(name))
