"""What a leg's last words tell of it: when it did what, and how much sound passed.

Names and order as the real switch has them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from esl.embedded.hold import hold_events

if TYPE_CHECKING:
    from esl.embedded.channel import Channel


def account_for_times(channel: Channel, last_application: tuple[str, str] | None) -> None:
    """switch_channel.c, `switch_channel_set_timestamps`, in its order."""
    times = channel.profile.times
    begun = [
        ("start", times.created),
        ("profile_start", times.profile_created),
        ("answer", times.answered),
        ("bridge", times.bridged),
    ]
    _stamps(channel, begun)
    _epochs(channel, begun)
    if last_application is not None:
        channel.set("last_app", last_application[0])
        channel.set("last_arg", last_application[1])
    profile = channel.profile
    number, name = profile.caller_id_number, profile.caller_id_name
    channel.set("caller_id", f'"{name}" <{number}>' if name else number)
    _durations(channel)


Moments = list[tuple[str, int]]
"""Names, and microseconds since the epoch; 0: it did not happen."""


def _stamps(channel: Channel, begun: Moments) -> None:
    """As people read them, of what happened."""
    times = channel.profile.times
    later = [
        ("progress", times.progress),
        ("progress_media", times.progress_media),
        ("hold", times.last_hold),
        ("end", times.hangup),
    ]
    for name, at in (*begun, *later):
        if at:
            channel.set(f"{name}_stamp", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at // 1_000_000)))
        if at and name == "hold":
            channel.set("hold_events", hold_events(channel.holds))


def _epochs(channel: Channel, begun: Moments) -> None:
    """In seconds and microseconds, also of what did not happen."""
    times = channel.profile.times
    for name, at in (*begun, ("last_hold", times.last_hold)):
        _epoch(channel, name, at)
    for unit, scale in (("seconds", 1_000_000), ("usec", 1), ("ms", 1000)):
        channel.set(f"hold_accum_{unit}", str(times.hold_accum // scale))
    later = [
        ("resurrect", times.resurrect),
        ("progress", times.progress),
        ("progress_media", times.progress_media),
        ("end", times.hangup),
    ]
    for name, at in later:
        _epoch(channel, name, at)


def _epoch(channel: Channel, name: str, at: int) -> None:
    channel.set(f"{name}_epoch", str(at // 1_000_000))
    channel.set(f"{name}_uepoch", str(at))


def _durations(channel: Channel) -> None:
    times = channel.profile.times
    spans = {
        "": times.hangup - times.created,
        "bill": times.hangup - times.answered if times.answered else 0,
        "progress": times.progress - times.created if times.progress else 0,
        "answer": times.answered - times.created if times.answered else 0,
        "wait": times.bridged - times.created if times.bridged else 0,
        "progress_media": times.progress_media - times.created if times.progress_media else 0,
        "flow_bill": times.hangup - times.created,
    }
    for unit, scale in (("sec", 1_000_000), ("msec", 1000), ("usec", 1)):
        for name, span in spans.items():
            whole = {"sec": "duration", "msec": "mduration", "usec": "uduration"}[unit]
            channel.set(f"{name}{unit}" if name else whole, str(max(span, 0) // scale))


def account_for_media(channel: Channel) -> None:
    """The RTP counters, from the frames that really passed: 160 bytes and a 12-byte header each."""
    media = channel.media
    channel.update(
        {
            "rtp_audio_in_raw_bytes": str(media.frames_in * 172),
            "rtp_audio_in_media_bytes": str(media.frames_in * 172),
            "rtp_audio_in_packet_count": str(media.frames_in),
            "rtp_audio_in_media_packet_count": str(media.frames_in),
            "rtp_audio_in_skip_packet_count": str(max(media.ticks - media.frames_in, 0)),
            "rtp_audio_in_jitter_packet_count": "0",
            "rtp_audio_in_dtmf_packet_count": str(len(channel.digits_taken)),
            "rtp_audio_in_cng_packet_count": "0",
            "rtp_audio_in_flush_packet_count": str(media.skipped),
            "rtp_audio_in_largest_jb_size": "0",
            "rtp_audio_in_jitter_min_variance": "0.00",
            "rtp_audio_in_jitter_max_variance": "0.00",
            "rtp_audio_in_jitter_loss_rate": "0.00",
            "rtp_audio_in_jitter_burst_rate": "0.00",
            "rtp_audio_in_mean_interval": "20.00" if media.frames_in else "0.00",
            "rtp_audio_in_flaw_total": "0",
            "rtp_audio_in_quality_percentage": "100.00",
            "rtp_audio_in_mos": "4.50",
            "rtp_audio_out_raw_bytes": str(media.frames_out * 172),
            "rtp_audio_out_media_bytes": str(media.frames_out * 172),
            "rtp_audio_out_packet_count": str(media.frames_out),
            "rtp_audio_out_media_packet_count": str(media.frames_out),
            "rtp_audio_out_skip_packet_count": "0",
            "rtp_audio_out_dtmf_packet_count": "0",
            "rtp_audio_out_cng_packet_count": "0",
            "rtp_audio_rtcp_packet_count": "0",
            "rtp_audio_rtcp_octet_count": "0",
        }
    )
