"""Patched like the server itself: gevent first, then everything else."""

from gevent import monkey

monkey.patch_all()
