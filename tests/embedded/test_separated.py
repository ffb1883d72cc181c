r"""Words and parts as FreeSWITCH 1.11.2 cuts them: these were sent to it, and what it kept was read back."""

from __future__ import annotations

import pytest

from esl.embedded.separated import cut_at, cut_at_blanks


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a=it's;b=x", ["a=it's", "b=x"]),
        ("a=it's;b=that's;c=1", ["a=its;b=thats", "c=1"]),
        (r"a=O\'Brien;b=x\;y;c=back\\slash", ["a=O'Brien", "b=x;y", "c=back\\slash"]),
        ("a='with blank  ';b= lead;c=tr ", ["a=with blank  ", "b= lead", "c=tr"]),
        (r"a=\"dq\";b=\s|\t|\r|\q;c=end" + "\\", ['a="dq"', "b= |\t|\r|\\q", "c=end\\"]),
        (r"a=x\\;b=3", ["a=x\\", "b=3"]),
        (r"a=x\;b=2", ["a=x;b=2"]),
        ("  a = 1 ; b =2", ["a = 1", "b =2"]),
        ('a="double";b=\\n;c=\'', ['a="double"', "b=\n", "c='"]),
        (";;a=;", ["", "", "a="]),
        ("", []),
    ],
)
def test_at_semicolons(text: str, parts: list[str]) -> None:
    """Quotes and backslashes as the switch reads them."""
    assert cut_at(text, ";", 64) == parts


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        (r"a it's 'quoted' \n x", 2, ["a", "its quoted' \n x"]),
        ("a 'one two' three", 2, ["a", "one two three"]),
        (r"a back\\slash\'s", 2, ["a", "back\\slash's"]),
        ("a  two  blanks ", 2, ["a", "two  blanks"]),
        ("start '/tmp/with blank.wav'", 5, ["start", "/tmp/with blank.wav"]),
        (r"start '/tmp/quo\'ted x.wav' 5", 5, ["start", "/tmp/quo'ted x.wav", "5"]),
        (r"start /tmp/esc\saped.wav", 5, ["start", "/tmp/esc aped.wav"]),
        ("start /tmp/it's.wav", 5, ["start", "/tmp/it's.wav"]),
        ("a '' b", 5, ["a", "", "b"]),
        ("   ", 5, []),
    ],
)
def test_at_blanks(text: str, most: int, parts: list[str]) -> None:
    """The last of the parts that are wanted is all that is left."""
    assert cut_at_blanks(text, most) == parts
