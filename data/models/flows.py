"""Published flows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import Base


class FlowFileRow(Base):
    """The content of a flow file, once, however many releases hold it."""

    __tablename__ = "flow_files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FlowReleaseRow(Base):
    """A release: the whole folder of flows as it was published. Never changed."""

    __tablename__ = "flow_releases"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1."""
    checksum: Mapped[str] = mapped_column(String(64))
    """SHA-256 over all paths and contents."""
    who: Mapped[str] = mapped_column(String(120))
    why: Mapped[str]
    at: Mapped[datetime]


class FlowReleaseFileRow(Base):
    """Which content a release has at which path."""

    __tablename__ = "flow_release_files"

    release: Mapped[int] = mapped_column(
        ForeignKey("flow_releases.number", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Below the flows folder, with `/`."""
    sha256: Mapped[str] = mapped_column(ForeignKey("flow_files.sha256"))


class FlowSwitchRow(Base):
    """Which release is live since when: a log that only grows. The highest `n` that is due counts."""

    __tablename__ = "flow_switches"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1 without gaps: of two who write the same number, one is refused."""
    release: Mapped[int] = mapped_column(ForeignKey("flow_releases.number"))
    action: Mapped[str] = mapped_column(String(20))
    """`publish`, `rollback`."""
    who: Mapped[str] = mapped_column(String(120))
    why: Mapped[str]
    at: Mapped[datetime]
    effective_at: Mapped[datetime]
    """When all servers change over, by their clocks."""
