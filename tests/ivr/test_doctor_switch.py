"""What `ivr doctor` says of disks and of the fallback queue."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from ivr.config import Settings
from ivr.doctor import _disks
from ivr.doctor_switch import fallback
from ivr.switch_settings import FreeswitchSettings, TelephoneSettings


def test_each_file_system_is_looked_at_once(tmp_path: Path) -> None:
    """Recordings on a disk of their own have a line of their own; what shares one has not."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        if Path(elsewhere).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("one file system for everything")
        apart = Settings(home=tmp_path, recordings=elsewhere, spool=Path(elsewhere))
        assert [one.what for one in _disks(apart)] == ["disk", "disk of recordings"]
        assert elsewhere in list(_disks(apart))[1].found


def test_a_fallback_queue_without_anybody_is_bad(tmp_path: Path) -> None:
    """With the remedy; and good, with names, as soon as a telephone serves it."""
    alone = Settings(home=tmp_path, switch={"kind": "freeswitch"})
    found = fallback(alone)
    assert found.state == "bad"
    assert "freeswitch.agents" in found.remedy
    staffed = FreeswitchSettings(agents=(TelephoneSettings(name="1001", queues=("agents",)),))
    assert "served by 1001" in fallback(alone.model_copy(update={"freeswitch": staffed})).found
