"""Performs `consent`: keeps what a caller has agreed to, or not, with what proves it.

Rules:
1. What was read, which version of it, in which language, when, what was answered and how: all of it is kept,
   and of a spoken answer its sound, with its SHA-256, so that nobody can change it unseen.
2. A yes counts only if it is kept: in the database or, while that is lost, in the spool. Without either, or
   without the sound of a spoken yes, it is `Failed`.
3. Clips stay as the switch wrote them; they are not converted, and not trimmed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import gevent
import structlog
from pydantic import TypeAdapter

from data.errors import DataError
from data.ids import new_id
from data.records import Claimed, Errand
from data.records import Consent as Kept
from data.store import Store
from dialogs.effects import Consent
from dialogs.results import Done, Failed
from ivr.clock import Clock
from ivr.errors import RecordingUnreadable
from ivr.in_thread import in_thread
from ivr.occasion import Occasion
from ivr.outbox import Arrived, Ending, NotYet
from ivr.recordings.sound import wav_shape
from ivr.safekeeping import Safekeeping

log = structlog.get_logger(__name__)

CONSENT = "consent"
"""Of these errands in the outbox."""
_CONSENT: TypeAdapter[Kept] = TypeAdapter(Kept)
CLOSING_SECONDS = 3.0
"""How long the switch may take to close a clip that it was told to end."""
_LOOK_EVERY = 0.05


class Evidence:
    """Consents of all calls of this process."""

    def __init__(self, store: Store, folder: Path, clock: Clock, safe: Safekeeping) -> None:
        """`folder`: where recordings lie."""
        self._store, self._folder, self._clock, self._safe = store, folder, clock, safe

    def keep(self, consent: Consent, occasion: Occasion) -> Done | Failed:
        """Blocks cooperatively."""
        digest = None
        try:
            if consent.clip:
                digest = self._digest(self._folder / consent.clip)
            elif consent.given and consent.by == "voice":
                return Failed("the spoken answer was not recorded")
            kept = Kept(
                kind=consent.kind,
                given=consent.given,
                terms_version=consent.terms,
                text=consent.text,
                answer=consent.answer,
                language=consent.language,
                at=self._clock.utc(),
                customer_id=occasion.person.customer_id if occasion.person else None,
                e164=occasion.caller_number if occasion.caller_number.startswith("+") else None,
                clip=consent.clip or None,
                clip_sha256=digest,
                call_id=occasion.call_id,
                id=new_id(),
            )
            self._safe.keep(lambda: self._store.consents.note(kept), _errand(kept))
        except (DataError, OSError, RecordingUnreadable) as lost:
            log.error("consent_not_kept", call=str(occasion.call_id), step=occasion.step, reason=str(lost))
            return Failed("the consent cannot be kept")
        log.info("consent_kept", call=str(occasion.call_id), consent=consent.kind, given=consent.given)
        return Done()

    def carry(self, errand: Claimed) -> Ending:
        """Notes one that waited in the spool."""
        kept = _CONSENT.validate_python(errand.body)
        try:
            in_thread(lambda: self._store.consents.note(kept))
        except DataError as lost:
            return NotYet(str(lost))
        return Arrived()

    def _digest(self, clip: Path) -> str:
        """Of the whole file: the switch writes its length into the beginning when it closes it.

        Raises `OSError`, `RecordingUnreadable`.
        """
        ends_at = self._clock.now() + CLOSING_SECONDS
        while not in_thread(lambda: wav_shape(clip).closed):
            if self._clock.now() > ends_at:
                raise RecordingUnreadable(f"{clip.name} is not closed by the switch", "Look at its disk")
            gevent.sleep(_LOOK_EVERY)
        return in_thread(lambda: sha256_of(clip))


def _errand(kept: Kept) -> Errand:
    return Errand(
        kind=CONSENT,
        target=kept.kind,
        body=_CONSENT.dump_python(kept, mode="json"),
        idempotency_key=f"consent-{kept.id}",
        at=kept.at,
        call_id=kept.call_id,
        customer_id=kept.customer_id,
    )


def sha256_of(file: Path) -> str:
    """Hexadecimal. Raises `OSError`."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
