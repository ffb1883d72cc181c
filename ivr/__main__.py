"""Patches the standard library for gevent before anything else is imported, then runs the command line."""

from esl.patching import patch_all

patch_all()

from ivr.cli import main  # noqa: E402 - the patch has to come first

if __name__ == "__main__":
    main()
