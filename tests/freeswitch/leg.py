"""One call of a test's telephone: its SIP dialog, and the sound of both sides, each frame with its time."""

from __future__ import annotations

import audioop
import contextlib
import secrets
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue

from tests.freeswitch.sip import (
    TELEPHONE_EVENT,
    Message,
    audio_address,
    authorization,
    sdp,
    uri,
)

if TYPE_CHECKING:
    from tests.freeswitch.telephone import Telephone

SAMPLE_RATE = 8000
FRAME_BYTES = 320
FRAME_SAMPLES = 160
FRAME_SECONDS = 0.02
SILENCE = bytes(FRAME_BYTES)
ROUND_TRIP = 0.5
"""Seconds until a request is sent again (T1 of RFC 3261)."""
KEYS = "0123456789*#ABCD"


class CallRefused(Exception):
    """The far end answered with a status of 300 or more."""

    def __init__(self, status: int, start: str) -> None:
        super().__init__(start)
        self.status = status


@dataclass(frozen=True)
class Frame:
    """20 ms of sound with the instant at which it was sent or received (`time.monotonic`)."""

    at: float
    sequence: int
    timestamp: int
    samples: bytes


class Leg:
    """One call of a telephone: the dialog, and the sound of both sides."""

    def __init__(self, telephone: Telephone, call_id: str) -> None:
        self.telephone = telephone
        self.call_id = call_id
        self.local = f"<sip:{telephone.number}@{telephone.host}:{telephone.port}>;tag={secrets.token_hex(6)}"
        self.remote = ""
        self.target = ""
        self.sequence = 0
        self.invite: Message | None = None
        self._calling: Message | None = None
        self.answered = Event()
        self.over = Event()
        self.reason = ""
        """The Reason header of the far end's BYE, or `ours`."""
        self.said: list[Frame] = []
        self.heard: list[Frame] = []
        self.keys_heard: list[str] = []
        self.source: Callable[[], bytes] | None = None
        """Where 20 ms come from when nothing is waiting to be said; silence without one."""
        self.ear: Callable[[Frame], None] | None = None
        """Told of every frame that is heard."""
        self._responses: Queue = Queue()
        self._to_say: deque[tuple[bytes, Event | None]] = deque()
        self._audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._audio.bind((telephone.host, 0))
        self._far: tuple[str, int] | None = None
        self._versions = 0
        self._greenlets = [gevent.spawn(self._listen), gevent.spawn(self._speak)]

    # ---- what a person does

    def say(self, samples: bytes) -> Event:
        """Says 16-bit mono sound at 8 kHz after what is still being said; the event is set once it is out."""
        done = Event()
        padded = samples + bytes(-len(samples) % FRAME_BYTES)
        frames = [padded[at : at + FRAME_BYTES] for at in range(0, len(padded), FRAME_BYTES)]
        for frame in frames[:-1]:
            self._to_say.append((frame, None))
        self._to_say.append((frames[-1] if frames else SILENCE, done))
        return done

    def press(self, keys: str, *, milliseconds: int = 100) -> Event:
        """Presses keys as RFC 2833 events with 60 ms between them."""
        done = Event()
        for at, key in enumerate(keys):
            self._to_say.append((b"KEY" + bytes([KEYS.index(key), milliseconds // 20]), None))
            for gap in range(3):
                last = at == len(keys) - 1 and gap == 2
                self._to_say.append((SILENCE, done if last else None))
        return done

    def press_by_info(self, key: str) -> None:
        """Presses a key as SIP INFO (application/dtmf-relay)."""
        body = f"Signal={key}\r\nDuration=160\r\n"
        self.request("INFO", [("Content-Type", "application/dtmf-relay")], body)

    def hold(self, direction: str = "sendonly") -> None:
        """Puts the far end on hold; `hold("sendrecv")` takes it back."""
        body = self._description(direction)
        self.request("INVITE", [("Content-Type", "application/sdp")], body)

    def offer(self, change: Callable[[str], str] = lambda usual: usual) -> Message:
        """A new offer within the call: the usual one, changed. The final response, whatever it is."""
        body = change(self._description("sendrecv"))
        return self.request("INVITE", [("Content-Type", "application/sdp")], body, accept=True)

    def transfer(self, target: str) -> int:
        """Asks the far end to call somebody else (REFER); returns the status."""
        return self.request("REFER", [("Refer-To", f"<{target}>")], accept=True).status

    def hang_up(self) -> None:
        """BYE, and waits until the far end has confirmed it."""
        if self.over.is_set():
            return
        self.reason = self.reason or "ours"
        with contextlib.suppress(CallRefused):
            self.request("BYE")
        self._end()

    def wait_over(self, seconds: float) -> None:
        """Waits for the far end to hang up. Raises `TimeoutError`."""
        if not self.over.wait(seconds):
            raise TimeoutError(f"the call {self.call_id} is still up after {seconds} s")

    def wait_heard(self, condition: Callable[[list[Frame]], bool], seconds: float) -> None:
        """Waits until what was heard fulfils `condition`. Raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while not condition(self.heard):
            if time.monotonic() > deadline or self.over.wait(FRAME_SECONDS):
                raise TimeoutError(f"not heard within {seconds} s ({len(self.heard)} frames were)")

    def heard_samples(self) -> bytes:
        """What was heard, each frame in its place by RTP time stamp; silence where a frame is missing.

        Where the far end's clock jumps (another source took over), the instant of arrival counts.
        """
        sound = bytearray()
        base = None
        for frame in list(self.heard):
            arrived = int((frame.at - self.heard[0].at) * SAMPLE_RATE)
            place = None if base is None else (frame.timestamp - base) & 0xFFFFFFFF
            if place is None or abs(place - arrived) > SAMPLE_RATE:
                place = max(arrived, len(sound) // 2)
                base = frame.timestamp - place
            end = 2 * place + len(frame.samples)
            sound += bytes(max(0, end - len(sound)))
            sound[2 * place : end] = frame.samples
        return bytes(sound)

    # ---- SIP

    def request(
        self, method: str, extra: list[tuple[str, str]] | None = None, body: str = "", *, accept: bool = False
    ) -> Message:
        """A request inside the dialog; the final response. Raises `CallRefused` unless `accept`."""
        self.sequence += 1
        message = self._message(method, self.sequence, extra or [], body)
        response = self._exchange(message, seconds=8)
        if method == "INVITE" and response.status:
            self._acknowledge(response)
        if response.status >= 300 and not accept:
            raise CallRefused(response.status, response.start)
        return response

    def _message(self, method: str, sequence: int, extra: list[tuple[str, str]], body: str = "") -> Message:
        phone = self.telephone
        headers = [
            ("Via", f"SIP/2.0/UDP {phone.host}:{phone.port};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
            ("Contact", f"<sip:{phone.number}@{phone.host}:{phone.port}>"),
            ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, NOTIFY"),
        ]
        return Message(f"{method} {self.target} SIP/2.0", headers + extra, body)

    def _exchange(self, message: Message, *, seconds: float) -> Message:
        """Sends until there is a response, and waits for the final one."""
        deadline, again, provisional = time.monotonic() + seconds, ROUND_TRIP, False
        self.telephone.send(message, self.target)
        while (left := deadline - time.monotonic()) > 0:
            try:
                response: Message = self._responses.get(timeout=left if provisional else min(again, left))
            except Empty:
                again *= 2
                if not provisional:
                    self.telephone.send(message, self.target)
                continue
            if response.get("CSeq") != message.get("CSeq"):
                continue
            if response.status >= 200:
                return response
            provisional = True
            self._early(response)
        raise TimeoutError(f"no final response to {message.start}")

    def _early(self, response: Message) -> None:
        if response.body:
            self._far = audio_address(response.body)

    def _acknowledge(self, response: Message) -> None:
        if response.status < 300:
            self.remote = response.get("To")
            self.target = uri(response.get("Contact")) or self.target
            self._far = audio_address(response.body) or self._far
        ack = self._message("ACK", int(response.get("CSeq").split()[0]), [])
        ack.headers[3] = ("To", response.get("To"))
        if response.status >= 300:  # belongs to the transaction of the INVITE
            ack.headers[0] = ("Via", response.get("Via"))
        self.telephone.send(ack, self.target)

    def call_without_offer(self, target: str, *, seconds: float) -> None:
        """A call whose offer the far end makes: no SDP in our INVITE, our answer in the ACK (RFC 3264)."""
        self.target, self.remote = target, f"<{target}>"
        self.sequence += 1
        self._calling = self._message("INVITE", self.sequence, [])
        response = self._exchange(self._calling, seconds=seconds)
        if response.status >= 300:
            self._acknowledge(response)
            self._end()
            raise CallRefused(response.status, response.start)
        self.remote = response.get("To")
        self.target = uri(response.get("Contact")) or target
        self._far = audio_address(response.body)
        answer = [("Content-Type", "application/sdp")], self._description("sendrecv")
        self.telephone.send(self._message("ACK", self.sequence, *answer), self.target)
        self.answered.set()

    def call(self, target: str, extra: list[tuple[str, str]], *, seconds: float) -> None:
        """The INVITE of a call that we make, with an answer to a challenge if we have a password."""
        self.target = target
        self.remote = f"<{target}>"
        for _ in range(2):
            self.sequence += 1
            body = self._description("sendrecv")
            headers = [("Content-Type", "application/sdp"), *extra]
            self._calling = self._message("INVITE", self.sequence, headers, body)
            response = self._exchange(self._calling, seconds=seconds)
            self._acknowledge(response)
            challenge = response.get("Proxy-Authenticate") or response.get("WWW-Authenticate")
            if response.status not in (401, 407) or self.telephone.password is None:
                break
            name = "Proxy-Authorization" if response.status == 407 else "Authorization"
            answer = authorization(
                challenge, "INVITE", target, self.telephone.number, self.telephone.password
            )
            extra = [*extra, (name, answer)]
        if response.status >= 300:
            self._end()
            raise CallRefused(response.status, response.start)
        self.answered.set()

    def cancel(self) -> None:
        """Gives up a call that rings: `call` then raises `CallRefused` (487), unless answered first."""
        invite = self._calling
        assert invite is not None
        kept = [(name, value) for name, value in invite.headers if name in ("Via", "From", "To", "Call-ID")]
        number = invite.get("CSeq").split()[0]
        headers = [*kept, ("Max-Forwards", "70"), ("CSeq", f"{number} CANCEL")]
        self.telephone.send(Message(f"CANCEL {self.target} SIP/2.0", headers, ""), self.target)

    def receive(self, message: Message) -> None:
        """A message of this dialog from the far end."""
        if message.status:
            self._responses.put(message)
        elif message.method == "ACK":
            self.answered.set()
        elif message.method == "INVITE":
            self._far = audio_address(message.body) or self._far
            self.telephone.respond(message, 200, self.local, self._description("sendrecv"))
        else:
            self.telephone.respond(message, 200, self.local)
            if message.method in ("BYE", "CANCEL"):
                self.reason = message.get("Reason") or "far end"
                if message.method == "CANCEL" and self.invite is not None:
                    self.telephone.respond(self.invite, 487, self.local)
                self._end()

    def ring(self, status: int = 180, *, early_media: bool = False) -> None:
        """Our side of a call that comes in: it rings, with sound if `early_media` (183)."""
        assert self.invite is not None
        body = self._description("sendrecv") if early_media else ""
        self.telephone.respond(self.invite, 183 if early_media else status, self.local, body)

    def answer(self) -> None:
        """Takes a call that came in."""
        assert self.invite is not None
        self.telephone.respond(self.invite, 200, self.local, self._description("sendrecv"))
        if not self.answered.wait(5):
            raise TimeoutError("the far end did not acknowledge our answer")

    def refuse(self, status: int) -> None:
        """Refuses a call that came in."""
        assert self.invite is not None
        self.telephone.respond(self.invite, status, self.local)
        self._end()

    def take(self, invite: Message) -> None:
        """Becomes the leg of an INVITE that came in."""
        self.invite = invite
        self.remote, self.target = invite.get("From"), uri(invite.get("Contact"))
        self.local = f"{invite.get('To')};tag={secrets.token_hex(6)}"
        self._far = audio_address(invite.body)

    def _description(self, direction: str) -> str:
        self._versions += 1
        host, port = self._audio.getsockname()
        return sdp(host, port, direction=direction, version=self._versions)

    def _end(self) -> None:
        self.over.set()
        self.telephone.forget(self)

    # ---- sound

    def _speak(self) -> None:
        sequence, stamp, source = secrets.randbelow(30000), secrets.randbelow(1 << 30), secrets.randbits(32)
        due = time.monotonic()
        while not self.over.wait(max(0.0, due - time.monotonic())):
            due += FRAME_SECONDS
            if self._far is None:
                continue
            frame, done = self._to_say.popleft() if self._to_say else (self._unasked(), None)
            if frame.startswith(b"KEY") and len(frame) == 5:
                count = frame[4]
                for part in range(count + 3):  # RFC 4733: the last packet three times
                    end = 0x80 if part >= count else 0
                    duration = FRAME_SAMPLES * min(part + 1, count)
                    body = struct.pack("!BBH", frame[3], end | 10, duration)
                    self._packet(sequence, stamp, source, body, kind=TELEPHONE_EVENT, marker=part == 0)
                    sequence = sequence + 1 & 0xFFFF
                    if part < count - 1:
                        self.over.wait(max(0.0, due - time.monotonic()))
                        due += FRAME_SECONDS
                stamp = stamp + FRAME_SAMPLES * count & 0xFFFFFFFF
            else:
                self._packet(sequence, stamp, source, audioop.lin2ulaw(frame, 2), kind=0)
                self.said.append(Frame(time.monotonic(), sequence, stamp, frame))
                sequence, stamp = sequence + 1 & 0xFFFF, stamp + FRAME_SAMPLES & 0xFFFFFFFF
            if done is not None:
                done.set()

    def _unasked(self) -> bytes:
        return SILENCE if self.source is None else self.source()

    def _packet(
        self, sequence: int, stamp: int, source: int, body: bytes, *, kind: int, marker: bool = False
    ) -> None:
        assert self._far is not None
        header = struct.pack("!BBHII", 0x80, (0x80 if marker else 0) | kind, sequence, stamp, source)
        with contextlib.suppress(OSError):
            self._audio.sendto(header + body, self._far)

    def _listen(self) -> None:
        last_key = None
        while True:
            try:
                packet, _ = self._audio.recvfrom(2048)
            except OSError:
                return
            now = time.monotonic()
            if len(packet) < 13:
                continue
            kind, sequence, stamp = packet[1] & 0x7F, *struct.unpack("!HI", packet[2:8])
            body = packet[12 + 4 * (packet[0] & 0x0F) :]
            if kind == 0:
                self.heard.append(Frame(now, sequence, stamp, audioop.ulaw2lin(body, 2)))
                if self.ear is not None:
                    self.ear(self.heard[-1])
            elif kind == TELEPHONE_EVENT and stamp != last_key:
                last_key = stamp
                self.keys_heard.append(KEYS[body[0]])

    def close(self) -> None:
        """Lets go of the sockets."""
        self.over.set()
        gevent.killall(self._greenlets)
        self._audio.close()
