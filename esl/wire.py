"""FreeSWITCH's event socket as bytes: both directions, and no input or output of its own.

Rules:
1. A header block is split on LF first; only then is each value URL-decoded. A value may therefore
   hold a line break (a caller can put one into the display name), and it stays that value's.
2. `Content-Length` decides where a body ends, also when it is 0, also inside an event.
3. Every limit and every malformed byte ends in `WireError`, at once and for good: a stream that
   lost its framing cannot be trusted again. Nothing here waits, loops or grows without bound.
4. Nothing is repaired in silence on the way out: text that would end a command early is refused.

What the switch does is taken from mod_event_socket.c (`read_packet`, `parse_command`),
switch_event.c (`switch_event_serialize`) and switch_utils.c (`switch_url_encode`) of 1.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from esl.errors import UnsafeTextError, WireError
from esl.headers import Headers as Headers  # noqa: PLC0414 - part of this module's interface
from esl.headers import Variables

HEADER_LIMIT = 256 * 1024
"""Bytes of one header block with its blank line; the reply to `connect` (6 kB) is the largest of a call."""
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of one body: an event, or the table that an `api` command prints."""
COMMAND_LIMIT = 256 * 1024
"""Bytes of one command with its header lines and its blank line."""

_UNDEFINED = "_undef_"  # how switch_event_serialize writes an empty value
_BARE = frozenset(map(chr, range(0x20, 0x7F))) - frozenset('\r\n #%&+:;<=>?@[\\]^`{|}"')
# What switch_url_encode writes as %XX: all but the bare ones, and "%" unless two upper-case
# hexadecimal digits follow it.
_TO_ENCODE = re.compile(f"%(?![0-9A-F]{{2}})|[^%{re.escape(''.join(sorted(_BARE)))}]")
_ESCAPED_ALREADY = re.compile("%[0-9A-Fa-f]{2}")  # what no encoding by the switch can tell apart
_NAME = re.compile(r"[!-9;-~]+")  # visible ASCII without ":"
_BREAKING = re.compile(r"[\r\n\0]")  # what would end a line early
_LINE_ENDS = re.compile(rb"\n*")
_NO_HEADERS = Headers()
_MOST_DIGITS = 10


@dataclass(frozen=True)
class Message:
    """One thing the switch sent: header lines (values decoded) and the body that belongs to them."""

    headers: Headers
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """`command/reply`, `api/response`, `text/event-plain`, `text/disconnect-notice`, ..."""
        return self.headers.get("Content-Type", "")

    @property
    def text(self) -> str:
        """The reply in words: the body of an `api` command, else `Reply-Text`, without the line end."""
        if self.content_type == "api/response":
            return self.body.decode("utf-8", "replace").rstrip("\n")
        return self.headers.get("Reply-Text", "").rstrip("\n")


@dataclass(frozen=True)
class Event:
    """An event of the switch. Values are as the switch holds them, line breaks included."""

    headers: Headers
    body: bytes = b""

    @property
    def name(self) -> str:
        """`CHANNEL_EXECUTE_COMPLETE`, `DTMF`, `CUSTOM`, ..."""
        return self.headers.get("Event-Name", "")

    @property
    def subclass(self) -> str:
        """Of a `CUSTOM` event: `callcenter::info`, ..."""
        return self.headers.get("Event-Subclass", "")

    @property
    def uuid(self) -> str:
        """The leg it is about; empty if it is about none."""
        return self.headers.get("Unique-ID", "")

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)

    @property
    def variables(self) -> Variables:
        """The channel's variables, without `variable_`."""
        return Variables(self.headers)


@dataclass(frozen=True)
class Command:
    """One command as the switch reads it. Header values are not decoded: commands are not encoded."""

    line: str
    headers: Headers = field(default_factory=lambda: _NO_HEADERS)
    body: bytes = b""

    @property
    def word(self) -> str:
        """The command's first word, in lower case."""
        return self.line.split(" ", 1)[0].lower()

    @property
    def rest(self) -> str:
        """What follows the first word."""
        return self.line.partition(" ")[2].strip(" ")


# --- reading what the switch sends -------------------------------------------------------------


def _parse_headers(block: bytes) -> Headers:
    text = block.decode("utf-8", "replace")
    nameless = [line for line in text.split("\n") if ":" not in line]
    if nameless or text.startswith(":") or "\n:" in text:
        shown = nameless[0] if nameless else text[max(f"\n{text}".find("\n:"), 0) :].partition("\n")[0]
        raise WireError(f"header line without a name: {shown[:60]!r}")
    return Headers.of_block(text)


def _length(text: str, limit: int) -> int:
    """What a `Content-Length` says, in bytes."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise WireError(f"Content-Length is no number: {text[:60]!r}")
    length = int(text)
    if length > limit:
        raise WireError(f"body of {length} bytes, allowed are {limit}")
    return length


def _length_in(headers: Headers, limit: int) -> int:
    """The body's length, 0 without a `Content-Length`."""
    text = headers.get("Content-Length")
    return 0 if text is None else _length(text, limit)


class MessageReader:
    """Cuts the switch's byte stream into messages. Once it has raised `WireError` it stays lost."""

    def __init__(self, *, header_limit: int = HEADER_LIMIT, body_limit: int = BODY_LIMIT) -> None:
        self._header_limit = header_limit
        self._body_limit = body_limit
        self._buffer = bytearray()
        self._at = 0  # in what is being read now
        self._searched = 0
        self._headers: Headers | None = None
        self._body_length = 0
        self._lost: str | None = None

    def feed(self, data: bytes) -> list[Message]:
        """Takes the next bytes, however they are cut, and returns the messages they complete.

        Raises `WireError`, whose `completed` holds the messages that were whole before the fault.
        """
        if self._lost is not None:
            raise WireError(self._lost)
        if self._buffer:
            self._buffer += data
            source: bytes | bytearray = self._buffer
        else:  # the usual case: nothing is left over, and whole messages need not be copied twice
            source = data
        messages: list[Message] = []
        self._at = 0
        try:
            while (message := self._next(source)) is not None:
                messages.append(message)
        except WireError as fault:
            self._lost = str(fault)
            self._buffer.clear()
            raise WireError(self._lost, completed=messages) from None
        if source is not data:
            del self._buffer[: self._at]
        elif self._at < len(data):
            self._buffer += data[self._at :]
        self._searched = max(self._searched - self._at, 0)
        return messages

    def _next(self, source: bytes | bytearray) -> Message | None:
        """The next message in `source` from `_at` on, which moves behind it."""
        if self._headers is None:
            if source.startswith(b"\n", self._at):  # blank lines between messages mean nothing
                blank = _LINE_ENDS.match(source, self._at)
                self._at = blank.end() if blank else self._at
            end = source.find(b"\n\n", max(self._searched - 1, self._at))
            size = (len(source) if end < 0 else end + 2) - self._at
            if size > self._header_limit:
                raise WireError(f"header block of more than {self._header_limit} bytes")
            if end < 0:
                self._searched = len(source)
                return None
            headers = _parse_headers(bytes(source[self._at : end]))
            self._body_length = _length_in(headers, self._body_limit)
            self._headers = headers
            self._at = self._searched = end + 2
        end = self._at + self._body_length
        if len(source) < end:
            return None
        message = Message(self._headers, bytes(source[self._at : end]))
        self._at = self._searched = end
        self._headers = None
        return message


def parse_event(message: Message) -> Event | None:
    """The event that a message carries: in its body (`text/event-plain`) or, for the reply to
    `connect`, in its own header lines. None if it carries none. Raises `WireError`.
    """
    if message.content_type != "text/event-plain":
        return Event(message.headers, message.body) if "Event-Name" in message.headers else None
    head, _, rest = message.body.partition(b"\n\n")
    lines = head.rstrip(b"\n")
    headers = _parse_headers(lines) if lines else Headers()
    length = headers.get("Content-Length", "") if rest else ""
    if length.isascii() and length.isdigit() and len(length) <= _MOST_DIGITS:
        rest = rest[: int(length)]
    return Event(headers, rest)


# --- writing what the switch sends -------------------------------------------------------------


def url_encode(value: str) -> str:
    """As `switch_url_encode`: `%` before two upper-case hexadecimal digits stays as it is.

    So the encoding is not reversible for such values, and neither is the real switch's.
    """
    return _TO_ENCODE.sub(_percent, value)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _lines(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return headers.items() if isinstance(headers, Mapping) else headers


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UnsafeTextError(f"not a header name: {name[:60]!r}")
    return name


def _checked_line(text: str, what: str) -> str:
    if _BREAKING.search(text):
        raise UnsafeTextError(f"{what} with a line break or NUL in it: {text[:60]!r}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnsafeTextError(f"{what} that is not valid Unicode: {text[:60]!r}") from None
    return text


def encode_message(
    headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes | None = None
) -> bytes:
    """A reply or notice: values go out as they are, as the switch does. `Content-Length` is added
    last if there is a body (`b""` counts as one). Raises `UnsafeTextError` for line breaks.
    """
    lines = [f"{_checked_name(name)}: {_checked_line(value, 'header')}\n" for name, value in _lines(headers)]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}\n")
    return "".join(lines).encode() + b"\n" + (body or b"")


def encode_event_text(headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """As `switch_event_serialize`: values URL-encoded, empty ones `_undef_`, then the body."""
    lines = [f"{_checked_name(name)}: {url_encode(value) or _UNDEFINED}\n" for name, value in _lines(headers)]
    if body:
        lines.append(f"Content-Length: {len(body)}\n")
    return "".join(lines).encode() + b"\n" + body


def encode_event(headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """An event as it travels: `text/event-plain` around `encode_event_text`."""
    text = encode_event_text(headers, body)
    return f"Content-Length: {len(text)}\nContent-Type: text/event-plain\n\n".encode() + text


CONNECT_CLOSING = ("Content-Type", "Reply-Text", "Socket-Mode", "Control")
"""The header lines that make an event the reply to `connect`, in the switch's order."""


def encode_connect_reply(
    headers: Mapping[str, str] | Iterable[tuple[str, str]], *, mode: str = "async", control: str = "full"
) -> bytes:
    """The answer to `connect`: a CHANNEL_DATA event whose header lines are the reply's own."""
    values = ("command/reply", "+OK\n", mode, control)
    closing = zip(CONNECT_CLOSING, values, strict=True)
    return encode_event_text([*_lines(headers), *closing])


# --- commands ----------------------------------------------------------------------------------


def encode_command(line: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """A command, its header lines and its body, as the switch reads them.

    Raises `UnsafeTextError` if any part holds a line break or NUL, or is empty where it must not be:
    whatever was let into `line` or a value can therefore not become a second line or command.
    """
    if not line.strip():
        raise UnsafeTextError("empty command")
    lines = [_checked_line(line, "command")]
    for name, value in (headers or {}).items():
        if name.lower() == "content-length":
            raise UnsafeTextError("Content-Length is not yours to give: it follows from the body")
        lines.append(f"{_checked_name(name)}: {_checked_line(value, 'header')}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\n".join(lines).encode() + b"\n\n" + body


class CommandReader:
    """Cuts a client's byte stream into commands, as `read_packet` does: line breaks before a
    command are skipped, CR does not count, lines without a colon are ignored.
    """

    _END = re.compile(rb"\n\r*\n")

    def __init__(self, *, command_limit: int = COMMAND_LIMIT, body_limit: int = BODY_LIMIT) -> None:
        self._command_limit = command_limit
        self._body_limit = body_limit
        self._buffer = bytearray()
        self._searched = 0
        self._pending: tuple[str, Headers] | None = None
        self._body_length = 0
        self._lost: str | None = None

    def feed(self, data: bytes) -> list[Command]:
        """Takes the next bytes, however they are cut, and returns the commands they complete.

        Raises `WireError`, whose `completed` holds the commands that were whole before the fault.
        """
        if self._lost is not None:
            raise WireError(self._lost)
        self._buffer += data
        commands: list[Command] = []
        try:
            while (command := self._next()) is not None:
                commands.append(command)
        except WireError as fault:
            self._lost = str(fault)
            self._buffer.clear()
            raise WireError(self._lost, completed=commands) from None
        return commands

    def _next(self) -> Command | None:
        buffer = self._buffer
        if self._pending is None:
            if buffer.startswith((b"\r", b"\n")):
                del buffer[: len(buffer) - len(buffer.lstrip(b"\r\n"))]
                self._searched = 0
            end = self._END.search(buffer, self._searched)
            if (len(buffer) if end is None else end.end()) > self._command_limit:
                raise WireError(f"command of more than {self._command_limit} bytes")
            if end is None:
                # A run of CR may still become an end: go back to the last LF before it.
                self._searched = max(len(buffer.rstrip(b"\r")) - 1, 0)
                return None
            self._pending = self._parse(bytes(buffer[: end.start()]))
            self._body_length = _length_in(self._pending[1], self._body_limit)
            del buffer[: end.end()]
            self._searched = 0
        if len(buffer) < self._body_length:
            return None
        line, headers = self._pending
        command = Command(line, headers, bytes(buffer[: self._body_length]))
        del buffer[: self._body_length]
        self._pending = None
        return command

    @staticmethod
    def _parse(block: bytes) -> tuple[str, Headers]:
        first, *rest = block.decode("utf-8", "replace").replace("\r", "\n").split("\n")
        lines = []
        for line in rest:
            name, colon, value = line.partition(":")
            if colon and name:
                lines.append((name, value.lstrip(" ")))
        return first, Headers(lines)
