"""What a flow does on a live call beyond saying, asking, looking up and queueing: one method for each.

What is not installed answers `Failed`, which every node has a landing for; `ivr/performers.py` names what
is, so that a flow that needs more is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import gevent
import structlog

from dialogs.effects import (
    CallBack,
    Consent,
    Deed,
    MayCallBack,
    Notify,
    OpenCase,
    Promise,
    Record,
    Transfer,
    Understand,
    Verify,
)
from dialogs.engine import Conversation
from dialogs.results import (
    CaseOpened,
    Failed,
    Found,
    Handed,
    Locked,
    Missing,
    NoInput,
    Recorded,
    Result,
    Slow,
    Understood,
)
from esl.errors import CommandRefusedError
from esl.switch import Call
from ivr import moments
from ivr.call_record import CallRecord, place_in
from ivr.clock import Clock
from ivr.identity.verification import Verification
from ivr.living.attention import Attention, CallOverError, DeadlineError
from ivr.living.dictation import Dictated, Dictation
from ivr.living.overheard import EACH, Overheard
from ivr.moments import Watch
from ivr.occasion import Occasion, ServedCustomer
from ivr.performers import Performers
from ivr.queueing.booking import Bookings
from ivr.recordings import muting
from ivr.understanding.understanding import Understanding
from speech.recognizer import Recognizer

log = structlog.get_logger(__name__)

NOTING_DEADLINE = 4.0
"""Seconds for what is only noted: a case, a message, a consent."""
LAST_WORDS = 2.0
"""Seconds that a caller waits until the end of their message is understood."""
T = TypeVar("T")


class Deeds:
    """The deeds of one call."""

    def __init__(
        self,
        call: Call,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        clock: Clock,
        watch: Watch,
        performers: Performers,
        waited: Callable[[str], float] = lambda _queue: 0.0,
    ) -> None:
        """`waited`: for how many seconds the caller has been in a queue, or keeps a place there."""
        self.hush: Callable[[Sequence[tuple[float, float]]], None] = lambda _spans: None
        """Is given what must not stay in the call's recording, in call time."""
        self._waited = waited
        self._call = call
        self._attention = attention
        self._conversation = conversation
        self._record = record
        self._clock = clock
        self._watch = watch
        self._performers = performers
        self._person: ServedCustomer | None = None
        self.given_away = False
        """The leg is the dialplan's: what the flow says after this, the caller does not hear."""

    def perform(self, deed: Deed, *, recognizer: Recognizer | None) -> Result:
        """`recognizer`: the call's; with one its live audio is on, and stays on afterwards.

        Raises `CallEnded`, `CallOverError`, `CallTooLongError`.
        """
        match deed:
            case Transfer(mode="blind"):
                return self._transfer(deed)
            case Record():
                try:
                    return self._take_down(deed, recognizer)
                finally:
                    if recognizer is None and self._attention.over is None:
                        self._call.stop_listening()
            case _:
                return self._beside(deed)

    def _beside(self, deed: Deed) -> Result:
        """What is done beside the call, while the caller may go at any moment."""
        performers, occasion = self._performers, self._occasion(deed)
        match deed:
            case Verify() if performers.identity is not None:
                return self._verify(deed, performers.identity)
            case Understand() if performers.understanding is not None:
                return self._understand(deed, performers.understanding)
        work = self._noting(deed, occasion)
        if work is not None:
            return self._noted(work)
        log.error("not_installed", call=self._record.call_id, step=deed.step, deed=type(deed).__name__)
        return Failed(f"{type(deed).__name__} is not installed")

    def _noting(self, deed: Deed, occasion: Occasion) -> Callable[[], Result] | None:
        """What is only noted; `None`: nobody is installed who would."""
        performers = self._performers
        match deed:
            case OpenCase() if performers.cases is not None:
                return partial(performers.cases.open, deed, occasion)
            case Notify() if performers.notices is not None:
                return partial(performers.notices.send, deed, occasion)
            case MayCallBack() | CallBack() if performers.callbacks is not None:
                return self._callback(deed, occasion, performers.callbacks)
            case Promise() if performers.promises is not None:
                return partial(performers.promises.keep, deed, occasion)
            case Consent() if performers.consents is not None:
                return partial(performers.consents.keep, deed, occasion)
        return None

    def _callback(
        self, deed: MayCallBack | CallBack, occasion: Occasion, bookings: Bookings
    ) -> Callable[[], Result]:
        if isinstance(deed, MayCallBack):
            return partial(bookings.may, deed, occasion)
        return partial(bookings.book, deed, occasion, waited=self._waited(deed.queue))

    @property
    def person(self) -> ServedCustomer | None:
        """Who the caller has proved to be."""
        return self._person

    def _occasion(self, deed: Deed) -> Occasion:
        about = self._conversation.about_the_caller
        return Occasion(
            call_id=UUID(self._record.call_id),
            caller_number=self._call.caller_number,
            flow=self._conversation.position.flow,
            step=deed.step,
            language=self._conversation.language,
            person=self._person,
            proof=self._record.verified_by,
            called=bool(about.get("called")),
            strategy=str(about.get("strategy") or ""),
            campaign=str(about.get("campaign") or ""),
        )

    def _noted(self, work: Callable[[], T]) -> T | Failed:
        try:
            return self._attention.during(work, NOTING_DEADLINE)
        except DeadlineError:
            # It may still be noted a moment later: asked again, it is the same and not a second one.
            return Failed(f"not noted within {NOTING_DEADLINE:g} s")

    def _verify(self, verify: Verify, identity: Verification) -> Found | Missing | Locked | Slow | Failed:
        occasion = self._occasion(verify)
        try:
            verified = self._attention.during(
                lambda: identity.verify(verify.identity, verify.claims, occasion), verify.deadline
            )
        except DeadlineError:
            return Slow()
        if verified.person is not None:
            self._person = verified.person
            self._record.verified(verify.identity, verified.person.customer_id)
        return verified.result

    def _understand(self, asked: Understand, understanding: Understanding) -> Understood | Slow | Failed:
        try:
            return self._attention.during(lambda: understanding.understand(asked), asked.deadline)
        except DeadlineError:
            return Slow()

    def _transfer(self, transfer: Transfer) -> Handed | Failed:
        """The leg goes on in the dialplan; our part ends as soon as the switch has taken the order."""
        told = moments.HandedOver(self._record.call_id, transfer.step, transfer.destination, "")
        self._watch(told)
        try:
            self._call.stop_listening()
            self._attention.until_finished(self._call.transfer(transfer.extension))
        except CommandRefusedError as refused:
            log.error("not_transferred", call=self._record.call_id, reason=str(refused))
            return Failed("the switch refuses the transfer")
        except CallOverError as over:
            if over.hung_up.cause != "BLIND_TRANSFER":
                raise
        self.given_away = True
        return Handed()

    def _take_down(self, record: Record, recognizer: Recognizer | None) -> Recorded | NoInput | Failed:
        file = self._record.voice_file(record.purpose)
        if file is None:
            return Failed("there is no folder to record to")
        dictation = Dictation(
            record,
            call=self._call,
            attention=self._attention,
            clock=self._clock,
            overheard=Overheard(recognizer, self._conversation.language),
        )
        try:
            dictated = dictation.take(file)
        except CommandRefusedError as refused:
            log.error("not_recorded", call=self._record.call_id, step=record.step, reason=str(refused))
            return Failed("the switch refuses to record")
        except CallOverError:
            # Most messages end like this: said, and hung up.
            kept = self._keep(record, file, dictation, dictation.so_far)
            if kept is not None and self._seen_to(record, kept) and record.outcome:
                self._conversation.outcome = record.outcome
            raise
        return self._keep(record, file, dictation, dictated) or NoInput()

    def _seen_to(self, record: Record, kept: Recorded) -> bool:
        """Opens the case of somebody who has said what it is about, and is gone; whether that is done."""
        if record.if_gone is None:
            return True
        case = record.if_gone(kept.reference)
        if self._performers.cases is None:
            log.error("not_installed", call=self._record.call_id, step=case.step, deed="OpenCase")
            return False
        opened = self._performers.cases.open(case, self._occasion(case))
        place = place_in(self._conversation, case.step)
        self._record.did(place, case, opened, secrets=self._conversation.secrets)
        return isinstance(opened, CaseOpened)

    def _keep(self, record: Record, file: Path, dictation: Dictation, dictated: Dictated) -> Recorded | None:
        """Notes it with the call; what holds no word, or a secret that cannot be silenced, is thrown away."""
        if not dictated.spoke or not self._silenced(file, dictation, dictated):
            gevent.get_hub().threadpool.apply(lambda: file.unlink(missing_ok=True))
            return None
        reference = self._record.caller_recorded(place_in(self._conversation, record.step), file)
        self._watch(moments.CallerRecorded(self._record.call_id, record.step, file, dictated.seconds))
        return Recorded(reference, dictated.seconds)

    def _silenced(self, file: Path, dictation: Dictation, dictated: Dictated) -> bool:
        """Has a PIN that was told in it silenced there and in the call's recording. False: it cannot be.

        Whoever is on the line waits a moment; words that are understood later are silenced beside the call.
        """
        silencing = gevent.spawn(self._silence, file, dictation, dictated)
        silencing.join(timeout=LAST_WORDS if self._attention.over is None else EACH)
        return silencing.value is not False

    def _silence(self, file: Path, dictation: Dictation, dictated: Dictated) -> bool:
        spans = dictation.secrets()
        if not spans:
            return True
        self.hush([(dictated.began_at + begin, dictated.began_at + end) for begin, end in spans])
        pool = gevent.get_hub().threadpool
        try:
            for begin, end in spans:
                pool.apply(muting.note, (file,), {"begin": begin, "end": end})
            pool.apply(muting.note, (file,), {"lasted": dictated.seconds})
        except OSError as refused:
            log.error("message_not_muted", call=self._record.call_id, reason=refused.strerror)
            pool.apply(lambda: file.unlink(missing_ok=True))
            return False
        return True
