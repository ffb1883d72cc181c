"""Header lines that are cut apart only where somebody asks say what they always said."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from esl.headers import Headers

NAMES = st.text(
    st.characters(blacklist_characters=":\n\r", blacklist_categories=("Cs",)), min_size=1, max_size=8
)
VALUES = st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=("Cs",)), max_size=8)


def eager(lines: list[tuple[str, str]]) -> Headers:
    return Headers(lines, encoded=True)


def lazy(lines: list[tuple[str, str]]) -> Headers:
    return Headers.of_block("\n".join(f"{name}: {value}" for name, value in lines))


@settings(max_examples=200)
@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6), NAMES)
def test_lazy_is_as_eager(lines: list[tuple[str, str]], other: str) -> None:
    """Every name, in every spelling, also one that is not there; whether asked before or after all were."""
    for asked_first in (True, False):
        ours, theirs = lazy(lines), eager(lines)
        if not asked_first:
            assert dict(ours) == dict(theirs)
        for name in [*(name for name, _ in lines), other]:
            for spelled in (name, name.upper(), name.lower()):
                assert ours.get(spelled) == theirs.get(spelled)
                assert (spelled in ours) == (spelled in theirs)
        assert ours == theirs
        assert len(ours) == len(theirs)


def test_a_value_is_no_line() -> None:
    """What looks like a header within a value is found as none: it is encoded, or does not begin a line."""
    headers = lazy([("Caller-Name", "Eve%0AUnique-ID: x"), ("Unique-ID", "real")])
    assert headers["Unique-ID"] == "real"
    assert headers["Caller-Name"] == "Eve\nUnique-ID: x"
    assert "Name" not in headers


def test_a_letter_that_is_two_in_lower_case_moves_nothing() -> None:
    """`İ` is two characters in lower case; places found there would be wrong."""
    assert lazy([("A", "İİİ"), ("Unique-ID", "x")])["unique-id"] == "x"
