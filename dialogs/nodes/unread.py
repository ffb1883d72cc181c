"""Stands where a step could not be read, so that the rules of the others can still be checked.

It may be called anything that its keys name, lead to any step that it names, and fill anything: so what is
said about the other steps is certain. A set with such a step is never given out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from typing_extensions import override

from dialogs.nodes.step import END, NEXT, Exit, Step


class Unread(Step):
    """A step that could not be read."""

    type_name: ClassVar[str] = "unread"
    takes_input: ClassVar[bool] = True
    names: frozenset[str] = frozenset()
    """What it may be called."""
    words: frozenset[str] = frozenset()
    """Every word of it: any may be a step, a slot, a look-up or a flow."""
    lost: bool = False
    """A key is missing: it may lead to any step at all."""

    @override
    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, None, ())
        yield Exit("end", END, ())
        for word in sorted(self.words):
            yield Exit(word, word, ())


def unread_step(*, names: set[str], words: set[str], lost: bool) -> Unread:
    """What stands for it."""
    return Unread.model_validate({"names": names, "words": words, "lost": lost})
