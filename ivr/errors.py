"""Faults of the application. Each has a stable code and one line that says what to do."""

from __future__ import annotations


class IvrError(Exception):
    """Something could not be done. `str()` is one line: what happened, and the remedy."""

    code = "ivr"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy


class ConfigurationError(IvrError):
    """The configuration cannot be read or makes no sense."""

    code = "configuration"


class PortTaken(IvrError):
    """Another program listens where the server should."""

    code = "port_taken"


class NotWritable(IvrError):
    """A folder that the server writes to refuses it."""

    code = "not_writable"


class FolderUnfit(IvrError):
    """A folder cannot be published, or a release cannot be written to it."""

    code = "folder_unfit"


class FlowsNotLoaded(IvrError):
    """A release could not be made into flows."""

    code = "flows_not_loaded"


class SwitchFailed(IvrError):
    """The embedded switch did not start, or ended by itself."""

    code = "switch_failed"


class ShareFailed(IvrError):
    """A process that was to play some of the flow tests has failed."""

    code = "share_failed"


class MeasurementImpossible(IvrError):
    """What a benchmark needs is not here, or does not work."""

    code = "measurement_impossible"


class RecordingUnknown(IvrError):
    """No call of that id, or none with a recording."""

    code = "recording_unknown"


class RecordingUnreadable(IvrError):
    """A recording is not there, or is no sound."""

    code = "recording_unreadable"


class CannotPlay(IvrError):
    """There is no player, or no sound device."""

    code = "cannot_play"


class BackEndUnfit(IvrError):
    """A system of the company cannot be asked as it is declared: a secret, an address, a certificate."""

    code = "back_end_unfit"


class CustomerUnknown(IvrError):
    """No customer of that number."""

    code = "customer_unknown"


class ProofUnfit(IvrError):
    """A PIN or a document that cannot prove anybody."""

    code = "proof_unfit"


class ConsentUnknown(IvrError):
    """No consent of that id."""

    code = "consent_unknown"


class EvidenceDamaged(IvrError):
    """What proves a consent is gone, or is not what was kept."""

    code = "evidence_damaged"
