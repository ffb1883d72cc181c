"""The wire, whole, byte by byte and cut at every place, on captured exchanges and on made-up ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esl import wire
from esl.errors import UnsafeTextError, WireError
from esl.wire import Command, CommandReader, Headers, Message, MessageReader
from tests.esl import traces

LINGER_NOTICE = (
    b"Content-Type: text/disconnect-notice\n"
    b"Controlled-Session-UUID: 9a482215-2765-4375-a654-27783872c933\n"
    b"Content-Disposition: linger\n"
    b"Channel-Name: sofia/internal/34600111222@127.0.0.1\n"
    b"Linger-Time: 5\n"
    b"Content-Length: 0\n\n"
)
GOODBYE = (
    b"Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 67\n\n"
    b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)
JOB_TEXT = (
    b"Event-Name: BACKGROUND_JOB\nJob-UUID: job-486\nJob-Command-Arg: %7Ba%3D1%7D%20%26park()\n"
    b"Content-Length: 15\n\n-ERR USER_BUSY\n"
)
JOB = b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(JOB_TEXT), JOB_TEXT)
SHORT = (
    b"Content-Type: command/reply\nReply-Text: +OK\n\n"
    + LINGER_NOTICE
    + b"\n\nContent-Type: api/response\nContent-Length: 4\n\n+OK\n"
    + JOB
    + GOODBYE
)


def parts(stream: bytes) -> list[bytes]:
    return [stream[place : place + 1] for place in range(len(stream))]


def read(*pieces: bytes) -> list[Message]:
    reader = MessageReader()
    messages = [message for piece in pieces for message in reader.feed(piece)]
    # Had the stream ended inside a message, this one would be a part of that.
    assert reader.feed(GOODBYE) == MessageReader().feed(GOODBYE)
    return messages


# --- captured exchanges -------------------------------------------------------------------------


@pytest.mark.parametrize("name", traces.NAMES)
def test_a_trace_reads_the_same_whole_and_byte_by_byte(name: str) -> None:
    """What the real switch sent is read to the last byte, however the network cuts it."""
    stream = traces.load(name).received
    whole = read(stream)
    assert len(whole) >= 20
    assert read(*parts(stream)) == whole


@pytest.mark.parametrize("name", traces.NAMES)
def test_a_trace_reads_the_same_cut_in_two(name: str) -> None:
    """Cuts around every blank line (where framing is decided) and at samples in between."""
    stream = traces.load(name).received
    whole = read(stream)
    cuts = set(range(0, len(stream), len(stream) // 40))
    place = -1
    while (place := stream.find(b"\n\n", place + 1)) >= 0:
        cuts.update(range(place, min(place + 4, len(stream))))
    for cut in sorted(cuts):
        assert read(stream[:cut], stream[cut:]) == whole, cut


def test_short_messages_read_the_same_cut_in_three_everywhere() -> None:
    """Every pair of places in a stream that holds each shape of message."""
    whole = read(SHORT)
    assert [message.content_type for message in whole] == [
        "command/reply",
        "text/disconnect-notice",
        "api/response",
        "text/event-plain",
        "text/disconnect-notice",
    ]
    for first in range(0, len(SHORT)):
        for second in range(first, len(SHORT), 17):
            assert read(SHORT[:first], SHORT[first:second], SHORT[second:]) == whole


def once(body: bytes) -> bytes:
    """Without the lines whose name came before: Hangup-Cause in CHANNEL_HANGUP_COMPLETE, Unique-ID in
    mod_avmd's events."""
    seen: set[bytes] = set()
    lines = []
    for line in body.splitlines(keepends=True):
        name, colon, _ = line.partition(b": ")
        if not colon or name not in seen:
            lines.append(line)
        seen.add(name)
    return b"".join(lines)


@pytest.mark.parametrize("name", traces.NAMES)
def test_events_of_a_trace_are_written_as_the_switch_wrote_them(name: str) -> None:
    """The URL-encoding and the framing of the real switch, byte for byte (the embedded switch
    writes through the same code). A header that the switch sends twice is kept once."""
    stream = traces.load(name).received
    written = 0
    for message in read(stream):
        event = wire.parse_event(message)
        if event is None or message.content_type != "text/event-plain":
            continue
        lines = {
            key: value for key, value in event.headers.items() if key != "Content-Length" or not event.body
        }
        text = wire.encode_event_text(lines, event.body)
        assert text == once(message.body)
        if text == message.body:
            assert wire.encode_event(lines, event.body) in stream
        written += 1
    assert written


def test_the_reply_to_connect_is_an_event_and_is_written_back_the_same() -> None:
    """CHANNEL_DATA has its event in the reply's own header lines, encoded Reply-Text included."""
    first = traces.load("outbound-socket-digits").steps[0]
    (message,) = read(first.answer)
    event = wire.parse_event(message)
    assert event is not None
    assert (event.name, event.get("Reply-Text"), event.get("Control")) == ("CHANNEL_DATA", "+OK\n", "full")
    assert event.get("Caller-Caller-ID-Name") == "Ana Pérez"
    assert event.variables["sip_from_display"] == "Ana Pérez"
    assert event.get("variable_switch_r_sdp").startswith("v=0\r\no=FreeSWITCH ")
    ours = [line for line in event.headers.items() if line[0] not in wire.CONNECT_CLOSING]
    assert wire.encode_connect_reply(ours) == first.answer


@pytest.mark.parametrize("name", traces.NAMES)
def test_commands_of_a_trace_read_the_same_whole_and_byte_by_byte(name: str) -> None:
    """The switch's side reads what clients sent to the real one."""
    commands = traces.load(name).commands
    stream = b"".join(command + b"\n\n" for command in commands)
    whole = CommandReader().feed(stream)
    assert [command.line.encode() for command in whole] == [one.split(b"\n")[0] for one in commands]
    reader = CommandReader()
    assert [command for piece in parts(stream) for command in reader.feed(piece)] == whole
    for command, sent in zip(whole, commands, strict=True):
        assert wire.encode_command(command.line, command.headers) == sent + b"\n\n"


# --- rules ------------------------------------------------------------------------------------------


def test_a_line_break_in_the_display_name_stays_in_the_display_name() -> None:
    """The header injection of FREESWITCH.md: decode after splitting, never before."""
    (message,) = read(
        b"Event-Name: CHANNEL_DATA\nCaller-Caller-ID-Name: Eve%0Avariable_vip: true%0D%0AUnique-ID: x\n"
        b"variable_vip: false\nContent-Type: command/reply\n\n"
    )
    event = wire.parse_event(message)
    assert event is not None
    assert event.variables == {"vip": "false"}
    assert event.uuid == ""
    assert event.get("Caller-Caller-ID-Name") == "Eve\nvariable_vip: true\r\nUnique-ID: x"


def test_only_the_first_colon_splits_a_header() -> None:
    """Values hold colons themselves (SIP addresses, times)."""
    (message,) = read(b"Content-Type: command/reply\nReply-Text: a: b: c\nEmpty:\n\n")
    assert message.headers["Reply-Text"] == "a: b: c"
    assert message.headers["Empty"] == ""


def test_header_names_are_found_in_any_spelling_and_the_first_line_counts() -> None:
    """As switch_event_get_header does; a second line with the name cannot overrule the first."""
    headers = Headers([("Unique-ID", "a"), ("unique-id", "b"), ("Unique-ID", "c")])
    assert headers["Unique-ID"] == headers["UNIQUE-ID"] == "a"
    assert headers["unique-id"] == "b"
    assert list(headers) == ["Unique-ID", "unique-id"]
    assert "other" not in headers


def test_the_linger_notice_has_no_body_and_the_goodbye_has_one() -> None:
    """Content-Length: 0 is a length: the next message starts right after."""
    linger, goodbye = read(LINGER_NOTICE + GOODBYE)
    assert (linger.headers["Content-Disposition"], linger.body) == ("linger", b"")
    assert (goodbye.headers["Content-Disposition"], len(goodbye.body)) == ("disconnect", 67)


def test_an_event_keeps_its_own_body() -> None:
    """The result of `bgapi` is the inner body of BACKGROUND_JOB."""
    (message,) = read(JOB)
    event = wire.parse_event(message)
    assert event is not None
    assert (event.get("Job-UUID"), event.body) == ("job-486", b"-ERR USER_BUSY\n")
    assert event.get("Job-Command-Arg") == "{a=1} &park()"


@pytest.mark.parametrize("length", ["9" * 11, "-1", "x", "1e3", "٣", "", "+5", "8388609"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    """Neither waits for bytes that never come nor reads on out of step."""
    with pytest.raises(WireError):
        MessageReader().feed(f"Content-Length: {length}\n\n".encode())


def test_a_line_without_a_name_is_refused_after_the_messages_before_it() -> None:
    """What was whole before the fault is not lost with it, and the reader stays lost."""
    reader = MessageReader()
    with pytest.raises(WireError) as fault:
        reader.feed(GOODBYE + b"garbage without a colon\n\n" + GOODBYE)
    assert [message.content_type for message in fault.value.completed] == ["text/disconnect-notice"]
    with pytest.raises(WireError):
        reader.feed(GOODBYE)


def test_an_endless_header_block_is_refused_at_the_limit() -> None:
    """Memory is bounded whatever the peer sends."""
    reader = MessageReader(header_limit=1000)
    reader.feed(b"x" * 1000)
    with pytest.raises(WireError):
        reader.feed(b"x")
    commands = CommandReader(command_limit=1000)
    commands.feed(b"x" * 1000)
    with pytest.raises(WireError):
        commands.feed(b"x")


def test_a_body_over_the_limit_is_refused_before_it_arrives() -> None:
    """The announcement is enough."""
    with pytest.raises(WireError):
        MessageReader(body_limit=10).feed(b"Content-Length: 11\n\n")
    with pytest.raises(WireError):
        CommandReader(body_limit=10).feed(b"sendmsg\nContent-Length: 11\n\n")


def test_a_command_is_read_as_read_packet_does() -> None:
    """Line breaks before it are skipped, CR counts for nothing, header values lose leading spaces."""
    stream = (
        b"\r\n\n\nsendmsg abc\r\ncall-command:  execute\r\nnonsense\r\nContent-Length: 3\r\n\r\na\nbexit\n\n"
    )
    expected = [
        Command("sendmsg abc", Headers({"call-command": "execute", "Content-Length": "3"}), b"a\nb"),
        Command("exit"),
    ]
    reader = CommandReader()
    read_by_byte = [command for piece in parts(stream) for command in reader.feed(piece)]
    for commands in (CommandReader().feed(stream), read_by_byte):
        assert [(c.line, dict(c.headers), c.body) for c in commands] == [
            (c.line, dict(c.headers), c.body) for c in expected
        ]
    assert (expected[0].word, expected[0].rest) == ("sendmsg", "abc")


@pytest.mark.parametrize("place", ["line", "value", "name"])
@pytest.mark.parametrize("text", ["a\nb", "a\r", "\0", "a\n\nexit", "\ud800"])
def test_text_with_a_line_break_never_enters_a_command(place: str, text: str) -> None:
    """CR, LF and NUL end a line for the switch; half a surrogate cannot be sent at all."""
    line, name, value = "sendmsg", "execute-app-arg", "x"
    with pytest.raises(UnsafeTextError):
        wire.encode_command(
            text if place == "line" else line,
            {text if place == "name" else name: text if place == "value" else value},
        )


@pytest.mark.parametrize("headers", [{"Content-Length": "3"}, {"a b": "x"}, {"a:b": "x"}, {"": "x"}])
def test_headers_that_would_shift_the_framing_are_refused(headers: dict[str, str]) -> None:
    """The length follows from the body, and a name cannot hold a colon."""
    with pytest.raises(UnsafeTextError):
        wire.encode_command("sendmsg", headers)


def test_what_the_switch_leaves_bare() -> None:
    """switch_url_encode: `%` before two upper-case hexadecimal digits passes, which is why a caller
    can send an encoded line break at all."""
    assert wire.url_encode("a b%0Ac%0ad%") == "a%20b%0Ac%250ad%25"
    assert wire.url_encode("_-.~/()!$'*,") == "_-.~/()!$'*,"
    assert wire.url_encode('"#%&+:;<=>?@[\\]^`{|}é') == (
        "%22%23%25%26%2B%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D%C3%A9"
    )


# --- properties ---------------------------------------------------------------------------------

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}", fullmatch=True).filter(
    lambda name: name.lower() not in ("content-length", "content-type")
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
encodable = texts.filter(lambda text: not wire._ESCAPED_ALREADY.search(text) and text != "_undef_")


@given(st.binary(max_size=400), st.integers(1, 50))
@settings(max_examples=400, deadline=None)
def test_arbitrary_bytes_end_in_messages_or_in_a_wire_error(data: bytes, size: int) -> None:
    """No input makes a reader hang, grow, or raise anything else."""
    for reader in (MessageReader(header_limit=200, body_limit=200), CommandReader(command_limit=200)):
        try:
            for start in range(0, len(data), size):
                for one in reader.feed(data[start : start + size]):
                    if isinstance(one, Message):
                        wire.parse_event(one)
        except WireError:
            with pytest.raises(WireError):
                reader.feed(b"Content-Type: auth/request\n\n")


@given(st.lists(st.sampled_from(parts(b"A: %0\n\r9")) | st.just(b"Content-Length: 3\n"), max_size=60))
@settings(max_examples=400, deadline=None)
def test_cutting_never_changes_what_is_read(pieces: list[bytes]) -> None:
    """The same messages, or the same fault after the same messages, for one piece and for many."""

    def outcome(fed: list[bytes]) -> tuple[list[tuple[dict[str, str], bytes]], bool]:
        reader, messages = MessageReader(header_limit=40, body_limit=5), []
        try:
            for piece in fed:
                messages += reader.feed(piece)
        except WireError as fault:
            return [(dict(m.headers), m.body) for m in [*messages, *fault.completed]], True
        return [(dict(m.headers), m.body) for m in messages], False

    stream = b"".join(pieces)
    whole = outcome([stream])
    assert outcome(pieces) == whole
    assert outcome(parts(stream)) == whole


@pytest.mark.parametrize("size", range(3, 12))
def test_the_limit_is_the_same_however_it_is_reached(size: int) -> None:
    """A block that just fits, fits byte by byte too; one more byte does not (found by the test above)."""
    block = b"A:" + b"x" * (size - 2)
    for make in (lambda: MessageReader(header_limit=10), lambda: CommandReader(command_limit=10)):
        for pieces in ([block + b"\n\n"], parts(block + b"\n\n")):
            reader, fitted = make(), True
            try:
                for piece in pieces:
                    reader.feed(piece)
            except WireError:
                fitted = False
            assert fitted == (size + 2 <= 10), (size, pieces)


@given(st.dictionaries(names, encodable, max_size=8), st.binary(max_size=40))
@settings(deadline=None)
def test_an_event_survives_the_way(headers: dict[str, str], body: bytes) -> None:
    """Encode, then parse: the same headers in the same order, the same body."""
    unique: dict[str, str] = {}
    for name, value in headers.items():
        unique.setdefault(name, value)
    (message,) = read(wire.encode_event(unique, body))
    event = wire.parse_event(message)
    assert event is not None
    got = [line for line in event.headers.items() if line[0] != "Content-Length"]
    assert (got, event.body) == (list(unique.items()), body)


@given(
    st.lists(st.tuples(texts, st.dictionaries(names, texts, max_size=3), st.binary(max_size=20)), max_size=4)
)
@settings(deadline=None)
def test_no_text_escapes_its_command(wanted: list[tuple[str, dict[str, str], bytes]]) -> None:
    """Each command that is let out is read as exactly one command with exactly that text."""
    stream, sent = b"", []
    for line, headers, body in wanted:
        try:
            stream += wire.encode_command(line, headers, body)
        except UnsafeTextError:
            continue
        sent.append((line, {name: value.lstrip(" ") for name, value in headers.items()}, body))
    got = [
        (c.line, {name: value for name, value in c.headers.items() if name != "Content-Length"}, c.body)
        for c in CommandReader().feed(stream)
    ]
    assert got == sent
