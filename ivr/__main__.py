"""Patches the standard library for gevent before anything else is imported, then runs the command line."""

from gevent import monkey

monkey.patch_all()

from ivr.cli import main  # noqa: E402 - the patch has to come first

if __name__ == "__main__":
    main()
