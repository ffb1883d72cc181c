"""Patches the standard library for gevent before anything else is imported, then runs the command line."""

from importlib import metadata

from gevent import monkey

_usual, _installed = metadata.entry_points, metadata.entry_points()
# gevent asks for plugins after each module that it patches, and each answer reads the whole environment:
# a fifth of a second before `ivr --help`. Nothing is installed meanwhile, so one reading is enough.
metadata.entry_points = _installed.select
monkey.patch_all()
metadata.entry_points = _usual

from ivr.cli import main  # noqa: E402 - the patch has to come first

if __name__ == "__main__":
    main()
