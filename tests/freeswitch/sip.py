"""As much SIP and SDP as a test's telephone needs: text ⇄ messages, no sockets."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

TELEPHONE_EVENT = 101


@dataclass
class Message:
    """A request or a response; header names as written, looked up without regard to case."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @property
    def status(self) -> int:
        """The status code; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """The request's method, or the one that a response answers."""
        return self.get("CSeq").split()[1] if self.status else self.start.split()[0]

    def get(self, name: str) -> str:
        short = {"call-id": "i", "contact": "m", "from": "f", "to": "t", "via": "v"}.get(name.lower())
        return next((value for key, value in self.headers if key.lower() in (name.lower(), short)), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def encode(self) -> bytes:
        body = self.body.encode("utf-8")
        lines = [
            self.start,
            *(f"{name}: {value}" for name, value in self.headers),
            f"Content-Length: {len(body)}",
        ]
        # What callers put into a name may be any bytes: surrogates carry those that are no UTF-8.
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def decode(packet: bytes) -> Message | None:
    """None for what is no SIP message (keep-alives)."""
    head, _, body = packet.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    if " " not in lines[0]:
        return None
    headers = [
        (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])
    ]
    return Message(lines[0], headers, body.decode("utf-8", "replace"))


def tag(value: str) -> str:
    """The tag of a From or To."""
    found = re.search(r";tag=([^;>\s]+)", value)
    return found.group(1) if found else ""


def uri(value: str) -> str:
    """The address in angle brackets, or the whole without parameters."""
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.split(";", maxsplit=1)[0].strip()


def sdp(host: str, port: int, *, direction: str = "sendrecv", version: int = 1) -> str:
    """PCMU and RFC 2833 events, 20 ms."""
    return "".join(
        line + "\r\n"
        for line in (
            "v=0",
            f"o=- 1 {version} IN IP4 {host}",
            "s=-",
            f"c=IN IP4 {host}",
            "t=0 0",
            f"m=audio {port} RTP/AVP 0 {TELEPHONE_EVENT}",
            "a=rtpmap:0 PCMU/8000",
            f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/8000",
            f"a=fmtp:{TELEPHONE_EVENT} 0-15",
            "a=ptime:20",
            f"a={direction}",
        )
    )


def audio_address(body: str) -> tuple[str, int] | None:
    """Where the far end wants its sound."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.M)
    port = re.search(r"^m=audio (\d+) ", body, re.M)
    return (host.group(1), int(port.group(1))) if host and port else None


def authorization(challenge: str, method: str, target: str, user: str, password: str) -> str:
    """The answer to a digest challenge (RFC 2617, MD5, qop=auth)."""
    fields = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    once = secrets.token_hex(8)
    first = md5(f"{user}:{fields['realm']}:{password}")
    second = md5(f"{method}:{target}")
    response = md5(f"{first}:{fields['nonce']}:00000001:{once}:auth:{second}")
    return (
        f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{target}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{once}"'
    )
