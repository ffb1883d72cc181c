"""Patches the standard library for gevent; whoever begins a process does it before all other imports."""

from importlib import metadata

from gevent import monkey


def patch_all() -> None:
    """As `gevent.monkey.patch_all`, in half of its time.

    gevent asks for plugins after each module that it patches, and each answer reads the whole environment: a
    fifth of a second before `ivr --help`. Nothing is installed meanwhile, so one reading is enough.
    """
    usual, installed = metadata.entry_points, metadata.entry_points()
    metadata.entry_points = installed.select
    try:
        monkey.patch_all()
    finally:
        metadata.entry_points = usual
