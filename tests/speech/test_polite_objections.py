"""Who is asked for a yes or no and wants no more calls is heard, however politely they say so.

The real recogniser, with what such a question expects.
"""

from __future__ import annotations

import pytest

from dialogs.objections import expected, objected
from dialogs.results import Alternative, Heard
from dialogs.slots import KINDS
from dialogs.universals import OBJECTION
from speech.pyttsx3 import Pyttsx3
from speech.whisper import Whisper
from tests.speech.said import said_to

YES_NO = KINDS["yes_no"]()


@pytest.mark.parametrize(
    ("language", "said", "is_one"),
    [
        ("es", "no me llamen más, por favor", True),
        ("es", "no quiero que me llamen más, gracias", True),
        ("es", "no, gracias", False),
        ("ca", "no em truquin més, si us plau", True),
        ("en", "please don't call me again", True),
        ("en", "yes, please", False),
    ],
)
def test_a_polite_objection_is_one(
    whisper: Whisper, caller: Pyttsx3, language: str, said: str, is_one: bool
) -> None:
    """The courtesy at its end made the whole unlikely: it was asked again, and no order."""
    phrases = tuple(dict.fromkeys((*YES_NO.phrases(language), *expected(language))))
    heard = said_to(whisper, caller.speak(said, language=language), language, phrases, YES_NO.words(language))
    answer = Heard(tuple(Alternative(one.text, one.confidence) for one in heard.readings))
    found = objected(answer, language)
    assert (found is not None and found.value == OBJECTION) is is_one, heard.readings
