"""Who calls whom, as FreeSWITCH keeps it: the caller profile, and the variables of a fresh leg.

Names and order are those of a SIP leg of FreeSWITCH 1.11 (tests/traces): a client that looks for
`variable_sip_from_user` finds it here too. There is no SIP behind it; addresses are loopback.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

_TAG_LETTERS = string.ascii_letters + string.digits
SIP_PORT = "5062"
_ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY"
_USER_AGENT = "FreeSWITCH-mod_sofia/1.11.2-release~64bit"


def sip_tag(length: int = 13) -> str:
    """A tag as SIP puts one on each side of a dialog. It identifies, it does not protect."""
    return "".join(random.choices(_TAG_LETTERS, k=length))  # noqa: S311 - no secret


@dataclass
class Times:
    """When things happened to a leg: microseconds since the epoch, 0 if they have not."""

    profile_created: int = 0
    created: int = 0
    answered: int = 0
    progress: int = 0
    progress_media: int = 0
    hangup: int = 0
    transfer: int = 0
    resurrect: int = 0
    bridged: int = 0
    last_hold: int = 0
    hold_accum: int = 0

    def lines(self, prefix: str) -> Iterator[tuple[str, str]]:
        yield f"{prefix}-Profile-Created-Time", str(self.profile_created)
        yield f"{prefix}-Channel-Created-Time", str(self.created)
        yield f"{prefix}-Channel-Answered-Time", str(self.answered)
        yield f"{prefix}-Channel-Progress-Time", str(self.progress)
        yield f"{prefix}-Channel-Progress-Media-Time", str(self.progress_media)
        yield f"{prefix}-Channel-Hangup-Time", str(self.hangup)
        yield f"{prefix}-Channel-Transfer-Time", str(self.transfer)
        yield f"{prefix}-Channel-Resurrect-Time", str(self.resurrect)
        yield f"{prefix}-Channel-Bridged-Time", str(self.bridged)
        yield f"{prefix}-Channel-Last-Hold", str(self.last_hold)
        yield f"{prefix}-Channel-Hold-Accum", str(self.hold_accum)


@dataclass
class CallerProfile:
    """The `Caller-*` lines of an event (switch_caller.c, `switch_caller_profile_event_set_data`)."""

    unique_id: str
    channel_name: str
    direction: str
    caller_id_number: str
    caller_id_name: str
    destination_number: str
    username: str = ""
    dialplan: str = ""
    callee_id_name: str = ""
    callee_id_number: str = ""
    network_addr: str = "127.0.0.1"
    ani: str = ""
    source: str = "mod_sofia"
    transfer_source: str = ""
    rdnis: str = ""
    """The number that was called before a transfer."""
    context: str = "public"
    logical_direction: str = ""
    index: str = "1"
    first_caller_id_name: str | None = None
    """Before who was called became who calls; None if that has not happened."""
    first_caller_id_number: str | None = None
    times: Times = field(default_factory=Times)

    @staticmethod
    def _first(before: str | None, now: str) -> str:
        return now if before is None else before

    def lines(self, prefix: str, *, times: Times | None = None) -> Iterator[tuple[str, str]]:
        """The profile's lines; what is empty is left out, as the real switch does."""
        named = (
            ("Direction", self.direction),
            ("Logical-Direction", self.logical_direction or self.direction),
            ("Username", self.username),
            ("Dialplan", self.dialplan),
            ("Caller-ID-Name", self.caller_id_name),
            ("Caller-ID-Number", self.caller_id_number),
            ("Orig-Caller-ID-Name", self._first(self.first_caller_id_name, self.caller_id_name)),
            ("Orig-Caller-ID-Number", self._first(self.first_caller_id_number, self.caller_id_number)),
            ("Callee-ID-Name", self.callee_id_name),
            ("Callee-ID-Number", self.callee_id_number),
            ("Network-Addr", self.network_addr),
            ("ANI", self.ani or self._first(self.first_caller_id_number, self.caller_id_number)),
            ("Destination-Number", self.destination_number),
            ("Unique-ID", self.unique_id),
            ("Source", self.source),
            ("Transfer-Source", self.transfer_source),
            ("Context", self.context),
            ("RDNIS", self.rdnis),
            ("Channel-Name", self.channel_name),
            ("Profile-Index", self.index),
        )
        for name, value in named:
            if value:
                yield f"{prefix}-{name}", value
        yield from (times or self.times).lines(prefix)
        yield f"{prefix}-Screen-Bit", "true"
        yield f"{prefix}-Privacy-Hide-Name", "false"
        yield f"{prefix}-Privacy-Hide-Number", "false"

    def seen_from_partner(self) -> CallerProfile:
        """As the other leg of a bridge shows it: without an index."""
        return replace(self, index="", logical_direction="inbound", transfer_source="")

    def seen_as_originator(self) -> CallerProfile:
        """As the leg that was placed for this one shows it: without index, callee and times."""
        return replace(self.seen_from_partner(), callee_id_name="", callee_id_number="", times=Times())

    def field(self, name: str) -> str | None:
        """What a variable of that name falls back to (switch_caller.c, `switch_caller_get_field_by_name`)."""
        return {
            "caller_id_name": self.caller_id_name,
            "caller_id_number": self.caller_id_number,
            "destination_number": self.destination_number,
            "ani": self.ani or self.caller_id_number,
            "network_addr": self.network_addr,
            "uuid": self.unique_id,
            "source": self.source,
            "context": self.context,
            "chan_name": self.channel_name,
            "username": self.username,
            "dialplan": self.dialplan,
        }.get(name)


def session_description(port: int, *, closing: str = "") -> str:
    return (
        f"v=0\r\no=FreeSWITCH 1 2 IN IP4 127.0.0.1\r\ns=FreeSWITCH\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\na=ptime:20\r\n{closing}"
    )


def inbound_variables(profile: CallerProfile, *, session_id: int, media_port: int) -> dict[str, str]:
    """The variables of a leg that has just come in, in the real switch's order."""
    number, called = profile.caller_id_number, profile.destination_number
    tag = sip_tag()
    peer = f"{number}@127.0.0.1"
    sender = f'"{profile.caller_id_name}" <sip:{peer}>'
    return {
        "direction": "inbound",
        "uuid": profile.unique_id,
        "session_id": str(session_id),
        "sip_from_user": number,
        "sip_from_uri": peer,
        "sip_from_host": "127.0.0.1",
        "video_media_flow": "disabled",
        "text_media_flow": "disabled",
        "channel_name": profile.channel_name,
        "sip_call_id": profile.unique_id[::-1],
        "sip_local_network_addr": "127.0.0.1",
        "sip_network_ip": "127.0.0.1",
        "sip_network_port": SIP_PORT,
        "sip_invite_stamp": str(profile.times.created),
        "sip_received_ip": "127.0.0.1",
        "sip_received_port": SIP_PORT,
        "sip_via_protocol": "udp",
        "sip_from_user_stripped": number.removeprefix("+"),
        "sip_from_tag": tag,
        "sofia_profile_name": "internal",
        "sofia_profile_url": f"sip:mod_sofia@127.0.0.1:{SIP_PORT}",
        "recovery_profile_name": "internal",
        "sip_Remote-Party-ID": f"{sender};party=calling;screen=yes;privacy=off",
        "sip_cid_type": "rpid",
        "sip_full_via": f"SIP/2.0/UDP 127.0.0.1:{SIP_PORT};rport={SIP_PORT};branch=z9hG4bK{sip_tag()}",
        "sip_from_display": profile.caller_id_name,
        "sip_full_from": f"{sender};tag={tag}",
        "sip_full_to": f"<sip:{called}@127.0.0.1:{SIP_PORT}>",
        "sip_allow": _ALLOWED,
        "sip_req_user": called,
        "sip_req_port": SIP_PORT,
        "sip_req_uri": f"{called}@127.0.0.1:{SIP_PORT}",
        "sip_req_host": "127.0.0.1",
        "sip_to_user": called,
        "sip_to_port": SIP_PORT,
        "sip_to_uri": f"{called}@127.0.0.1:{SIP_PORT}",
        "sip_to_host": "127.0.0.1",
        "sip_contact_user": "mod_sofia",
        "sip_contact_port": SIP_PORT,
        "sip_contact_uri": f"mod_sofia@127.0.0.1:{SIP_PORT}",
        "sip_contact_host": "127.0.0.1",
        "sip_user_agent": _USER_AGENT,
        "sip_via_host": "127.0.0.1",
        "sip_via_port": SIP_PORT,
        "sip_via_rport": SIP_PORT,
        "max_forwards": "70",
        "switch_r_sdp": session_description(media_port),
        "ep_codec_string": "CORE_PCM_MODULE.PCMU@8000h@20i@64000b",
        "rtp_use_codec_string": "PCMU,PCMA",
        "remote_video_media_flow": "inactive",
        "remote_text_media_flow": "inactive",
        "remote_audio_media_flow": "sendrecv",
        "audio_media_flow": "sendrecv",
        "remote_media_ip": "127.0.0.1",
        "remote_media_port": str(media_port),
        **CODEC,
        "endpoint_disposition": "RECEIVED",
    }


CODEC = {
    "rtp_audio_recv_pt": "0",
    "rtp_use_codec_name": "PCMU",
    "rtp_use_codec_rate": "8000",
    "rtp_use_codec_ptime": "20",
    "rtp_use_codec_channels": "1",
    "rtp_last_audio_codec_string": "PCMU@8000h@20i@1c",
    "read_codec": "PCMU",
    "original_read_codec": "PCMU",
    "read_rate": "8000",
    "original_read_rate": "8000",
    "write_codec": "PCMU",
    "write_rate": "8000",
    "dtmf_type": "rfc2833",
}


def media_variables(media_port: int, remote_port: str) -> dict[str, str]:
    """What a leg gets when its media are set up (pre-answer or answer)."""
    return {
        "rtp_local_sdp_str": session_description(media_port, closing="a=sendrecv\r\n"),
        "local_media_ip": "127.0.0.1",
        "local_media_port": str(media_port),
        "advertised_media_ip": "127.0.0.1",
        "rtp_use_timer_name": "soft",
        "rtp_use_pt": "0",
        "rtp_use_ssrc": str(random.getrandbits(31)),
        "rtp_2833_send_payload": "101",
        "rtp_2833_recv_payload": "101",
        "remote_media_ip": "127.0.0.1",
        "remote_media_port": remote_port,
    }


def dialog_variables(variables: dict[str, str], *, sequence: int) -> dict[str, str]:
    """What the caller's ACK to the answer brings: the SIP dialog's final values."""
    tag = sip_tag()
    return {
        "sip_to_tag": tag,
        "sip_from_tag": variables.get("sip_from_tag", ""),
        "sip_cseq": str(sequence),
        "sip_call_id": variables.get("sip_call_id", ""),
        "sip_full_via": f"SIP/2.0/UDP 127.0.0.1:{SIP_PORT};rport={SIP_PORT};branch=z9hG4bK{sip_tag()}",
        "sip_from_display": variables.get("sip_from_display", ""),
        "sip_full_from": variables.get("sip_full_from", ""),
        "sip_full_to": f"{variables.get('sip_full_to', '').partition(';')[0]};tag={tag}",
    }


def agent_variables(
    profile: CallerProfile, *, session_id: int, media_port: int, asked: dict[str, str]
) -> dict[str, str]:
    """The variables of a leg that the switch placed to an agent and that was answered.

    `asked` is what the queue put on it (switch_event_create of the originate, `cc_*`).
    """
    agent = profile.destination_number
    tag, to_tag = sip_tag(), sip_tag()
    sender = f'"{profile.caller_id_name}" <sip:{profile.caller_id_number}@127.0.0.1>'
    via = f"SIP/2.0/UDP 127.0.0.1:{SIP_PORT};rport={SIP_PORT};branch=z9hG4bK{sip_tag()}"
    peer = f"{agent}@127.0.0.1:{SIP_PORT}"
    return {
        "direction": "outbound",
        "is_outbound": "true",
        "uuid": profile.unique_id,
        "call_uuid": profile.unique_id,
        "session_id": str(session_id),
        "sip_profile_name": "internal",
        "video_media_flow": "disabled",
        "text_media_flow": "disabled",
        "channel_name": profile.channel_name,
        "sip_destination_url": f"sip:{peer}",
        **asked,
        "loopback_bowout": "false",
        "loopback_bowout_on_execute": "false",
        "ignore_early_media": "true",
        "absolute_codec_string": "PCMU",
        "origination_caller_id_name": profile.caller_id_name,
        "origination_caller_id_number": profile.caller_id_number,
        "originate_early_media": "false",
        "originate_endpoint": "sofia",
        "audio_media_flow": "sendrecv",
        "rtp_local_sdp_str": session_description(media_port, closing="a=sendrecv\r\n"),
        "sip_outgoing_contact_uri": f"<sip:mod_sofia@127.0.0.1:{SIP_PORT}>",
        "sip_req_uri": peer,
        "sofia_profile_name": "internal",
        "recovery_profile_name": "internal",
        "sofia_profile_url": f"sip:mod_sofia@127.0.0.1:{SIP_PORT}",
        "sip_local_network_addr": "127.0.0.1",
        "sip_reply_host": "127.0.0.1",
        "sip_reply_port": SIP_PORT,
        "sip_network_ip": "127.0.0.1",
        "sip_network_port": SIP_PORT,
        "sip_user_agent": _USER_AGENT,
        "sip_allow": _ALLOWED,
        "sip_recover_contact": f"<sip:{peer};transport=udp>",
        "sip_full_via": via,
        "sip_recover_via": via,
        "sip_from_display": profile.caller_id_name,
        "sip_full_from": f"{sender};tag={tag}",
        "sip_full_to": f"<sip:{peer}>;tag={to_tag}",
        "sip_from_user": profile.caller_id_number,
        "sip_from_uri": f"{profile.caller_id_number}@127.0.0.1",
        "sip_from_host": "127.0.0.1",
        "sip_to_user": agent,
        "sip_to_port": SIP_PORT,
        "sip_to_uri": peer,
        "sip_to_host": "127.0.0.1",
        "sip_contact_params": "transport=udp",
        "sip_contact_user": agent,
        "sip_contact_port": SIP_PORT,
        "sip_contact_uri": peer,
        "sip_contact_host": "127.0.0.1",
        "sip_to_tag": to_tag,
        "sip_from_tag": tag,
        "sip_cseq": str(session_id),
        "sip_call_id": profile.unique_id[::-1],
        "switch_r_sdp": session_description(media_port + 2),
        "ep_codec_string": "CORE_PCM_MODULE.PCMU@8000h@20i@64000b",
        "rtp_use_codec_string": "PCMU",
        "remote_video_media_flow": "inactive",
        "remote_text_media_flow": "inactive",
        "remote_audio_media_flow": "sendrecv",
        **CODEC,
        **{
            name: value
            for name, value in media_variables(media_port, str(media_port + 2)).items()
            if name != "rtp_local_sdp_str"
        },
        "endpoint_disposition": "ANSWER",
    }


def ended_by_caller(cause: str, number: int, *, cancelled: bool) -> dict[str, str]:
    """What mod_sofia notes of a BYE that it has received, or of a CANCEL."""
    if cancelled:
        return {
            "sip_hangup_disposition": "recv_cancel",
            "sip_invite_failure_status": "487",
            "sip_invite_failure_phrase": "CANCEL",
            "sip_term_status": "487",
            "proto_specific_hangup_cause": "sip:487",
            "sip_term_cause": "487",
        }
    return {
        "sip_reason": f'Q.850;cause={number};text="{cause}"',
        "sip_term_status": "200",
        "proto_specific_hangup_cause": "sip:200",
        "sip_term_cause": str(number),
    }
