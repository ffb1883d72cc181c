"""A call that was had becomes a test: its record is played again on the flows that it ran on.

Rules:
1. The record answers for the caller, the look-ups and the people; the flows do the rest, as they did then.
   Where they do not ask for what the record has, the call cannot be told again, and that is said.
2. What was masked, and what tells who somebody is, becomes made up (`made_up`); a note above the test says
   so. `with_data` keeps what is not masked.
3. Nothing is asserted that the caller did not live to see: a test ends where the caller went.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.call import MASK
from dialogs.effects import Collect, Play
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.made_up import Act, answers, keying, saying
from dialogs.notice import STEP as NOTICE
from dialogs.personal import Personal, is_same_to_the_flow
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.stand_in import Answer
from dialogs.universals import MARK, OBJECTION
from dialogs.witness import CallerGone, Happening, NotRetold, Past, Witness
from dialogs.written import WrittenCall

__all__ = ["Happening", "NotRetold", "Past", "retold"]

MOST_TRIES = 60
"""Times that a call is played with other made-up answers, before it is given up."""
MOST_CHOICES = 5
"""Made-up answers that are tried for one that is masked."""
_CONFIDENCES = (0.9, 0.7, 0.5, 0.35, 0.95)


def retold(past: Past, flows: FlowSet, *, with_data: bool = False) -> WrittenCall:
    """The call as a test that passes on these flows. Raises `NotRetold`."""
    skips: list[int] = []
    first: NotRetold | None = None
    for _ in range(MOST_TRIES):
        telling = _Telling(past, flows, skips, with_data=with_data)
        try:
            return telling.tell()
        except _NoMore:
            tried = skips[: telling.choices - 1]
        except NotRetold as fault:
            first = first or fault
            tried = [*skips, *([0] * telling.choices)][: telling.choices]
        if not tried:
            break
        skips = [*tried[:-1], tried[-1] + 1]
    raise first or NotRetold("no made-up answer takes the call's way: try --with-data")


class _NoMore(Exception):
    """A made-up answer has no further alternative."""


class _Telling:
    """One try, with one choice of made-up answers."""

    def __init__(self, past: Past, flows: FlowSet, skips: list[int], *, with_data: bool) -> None:
        self._past, self._skips, self._with_data = past, skips, with_data
        caller = {"number": "", "name": "", "segment": "", "attested": "none", **past.caller}
        now = past.now.replace(second=0, microsecond=0)  # as a test writes it
        noticed = any(one.step == NOTICE for one in past.happenings)
        self._facts = Facts(past.language, caller, now, past.region, recorded=noticed, history=past.history)
        self._call = Witness(Conversation(flows, past.flow, self._facts), past, flows, with_data=with_data)
        self._written = WrittenCall(past.flow, self._facts, "free", {})
        if not noticed and flows.flow(past.flow).recording_notice is not None:
            self._written.recorded = False
        self._keys_of_people = {
            value
            for one in past.happenings
            for value in one.asked.values()
            if one.kind == "lookup" and value != MASK
        }
        self._personal = Personal(flows, now.date())
        self.choices = 0
        """Made-up answers of which there was a choice."""

    def tell(self) -> WrittenCall:
        call, written = self._call, self._written
        try:
            call.start()
            self._happened()
            while call.sounding is not None or (
                call.waiting is not None and not (call.all_told and self._last_question())
            ):
                if call.sounding is not None:
                    self._interruption(call.sounding)
                elif call.waiting is not None:
                    self._turn(call.waiting)
        except CallerGone:
            written.notes.append("the caller hung up while the system was at work, and so the test ends here")
        if call.waiting is None and not call.all_told:
            raise NotRetold("the record goes on after these flows have ended")
        if not written.steps:
            raise NotRetold("the caller hung up before anything was asked: there is nothing to test")
        return self._finished()

    def _happened(self) -> None:
        """The question was put, if the call got so far; and what came of the last answer is expected."""
        if self._call.waiting is not None:
            self._call.put(self._call.waiting.step)
            if self._call.all_told and not self._call.heard_all:
                return
        self._written.happened(self._call)

    def _last_question(self) -> bool:
        """The record ends at an open question."""
        if self._past.ended_by == "caller":
            self._written.did("hang_up", True)
            self._call.hang_up()
        else:
            self._written.notes.append("the call ended here, and not by the caller")
        return True

    def _turn(self, question: Collect) -> None:
        happening = self._call.next("answer", question.step)
        if happening.result == "no_input":
            self._written.did("silence", f"{question.initial_timeout:g}s")
            self._call.is_silent()
        else:
            act = self._act(question, happening)
            self._written.steps.append(act.written)
            self._call.answer(question.judge(act.given), "")
        self._happened()

    def _interruption(self, sentence: Play) -> None:
        """The caller objects over a sentence: in other words, since theirs may tell who they are."""
        happening, heeded = self._call.next("answer", sentence.step), sentence.heeded
        own = [one.text for one in happening.heard] if self._with_data and not happening.hidden else []
        # Those of the menu stand behind those for no more calls.
        usual = heeded.ways if heeded is not None else ()
        for text in (*own, *(usual if happening.universal == OBJECTION else reversed(usual))):
            act = saying(text, _CONFIDENCES[0])
            found = heeded.judge(act.given) if heeded and isinstance(act.given, Heard) else None
            if found is not None and found.value == happening.universal:
                self._written.steps.append({**act.written, "during": sentence.step})
                self._call.said_over_it(found, "")
                self._happened()
                return
        raise NotRetold(f"what was said over {sentence.step} does not cut it short in these flows")

    def _act(self, question: Collect, happening: Happening) -> Act:
        """What the caller does in the test."""
        if happening.by != "keys" and not question.voice:
            raise NotRetold(f"at {happening.step} the call heard a voice where these flows take keys only")
        # Of a sentence with a long number in it the record keeps the rest.
        if happening.hidden or any(MASK in one.text for one in happening.heard):
            return self._made_up(question, happening, None)
        given = _given(happening)
        if given is None and happening.result == "match":
            raise NotRetold("the record is older than schema 0002: it does not hold what was heard")
        judged = question.judge(given) if given is not None else NoMatch()
        if type(judged) is not (Match if happening.result == "match" else NoMatch):
            raise NotRetold(
                f"at {happening.step} these flows understand the caller otherwise than the call did"
            )
        if not self._with_data and self._is_personal(question, given, judged):
            return self._made_up(question, happening, judged)
        for act in _as_it_was(question, happening):
            if _alike(question.judge(act.given), judged):
                return act
        raise NotRetold(f"what the call heard at {happening.step} cannot be said in one sentence")

    def _is_personal(self, question: Collect, given: Heard | Keyed | None, judged: Match | NoMatch) -> bool:
        if isinstance(judged, Match) and judged.value.rpartition(":")[2] in self._keys_of_people:
            return True
        return self._personal.tells(question, self._call.conversation.position, given, judged)

    def _made_up(self, question: Collect, happening: Happening, real: Match | NoMatch | None) -> Act:
        at, self.choices = self.choices, self.choices + 1
        skip = self._skips[at] if at < len(self._skips) else 0
        seen: set[str] = set()
        sentences = list(self._personal.sentences(question, self._call.conversation.position, real))
        for act, judged in _standing_for(question, happening, real, sentences):
            said = str(act.written.get("say", "")) if question.kind == "menu" else ""
            seen.add(f"{judged.value} {said}" if isinstance(judged, Match) else "")
            if len(seen) > skip:
                self._call.notes[f"{happening.step}: a made-up answer stands for what the caller gave"] = None
                return act
            if len(seen) >= MOST_CHOICES:
                break
        if seen:
            raise _NoMore
        raise NotRetold(f"no made-up answer is to be had for {happening.step}: try --with-data, or write it")

    def _finished(self) -> WrittenCall:
        call, written = self._call, self._written
        written.data = {
            name: {by: found[0] if len(found) == 1 else found for by, found in answers_.items()}
            for name, answers_ in (
                (n, {b: _without_echo(f) for b, f in a.items()}) for n, a in call.known.items()
            )
        }
        people = list(dict.fromkeys(call.people))
        written.agents = "free" if not people else people[0] if len(people) == 1 else call.people
        written.outside = call.world
        written.notes[:0] = list(call.notes)
        return written


def _without_echo(found: list[Answer]) -> list[Answer]:
    """The last answer holds for ever, so that it need not be written twice."""
    while len(found) > 1 and found[-1] == found[-2]:
        found = found[:-1]
    return found


def _given(happening: Happening) -> Heard | Keyed | None:
    if happening.keys is not None:
        return Keyed(happening.keys)
    return Heard(tuple(happening.heard)) if happening.heard else None


def _as_it_was(question: Collect, happening: Happening) -> Iterator[Act]:
    """The answer in the ways that a test can write it, the most faithful first."""
    if happening.keys is not None:
        act = keying(happening.keys, question)
        if act is not None:
            yield act
        return
    for one in happening.heard or (Alternative("", 0.9),):
        for confidence in (one.confidence, *_CONFIDENCES):
            yield saying(one.text, min(1.0, max(0.0, confidence)))


def _alike(judged: Match | NoMatch, wanted: Match | NoMatch) -> bool:
    if isinstance(judged, Match) and isinstance(wanted, Match):
        return (judged.value, judged.band) == (wanted.value, wanted.band)
    return type(judged) is type(wanted)


def _standing_for(
    question: Collect, happening: Happening, real: Match | NoMatch | None, sentences: list[str]
) -> Iterator[tuple[Act, Match | NoMatch]]:
    """Made-up answers that do to the flow what the real one did; calls for a person and the like last."""

    def judged() -> Iterator[tuple[Act, Match | NoMatch]]:
        for act in answers(question, by_keys=happening.by == "keys", sentences=sentences):
            yield act, question.judge(act.given)

    if happening.result != "match":
        yield from ((act, found) for act, found in judged() if isinstance(found, NoMatch))
        return
    if happening.universal:
        yield from ((act, found) for act, found in judged() if _value(found) == happening.universal)
        return
    for act, found in judged():
        if not isinstance(found, Match) or (happening.band and found.band != happening.band):
            continue
        as_real = isinstance(real, Match) and is_same_to_the_flow(found, real, question.kind)
        if as_real or (real is None and not found.value.startswith(MARK)):
            yield act, found
    if real is None:
        yield from ((act, found) for act, found in judged() if _value(found).startswith(MARK))


def _value(judged: Match | NoMatch) -> str:
    return judged.value if isinstance(judged, Match) else ""
