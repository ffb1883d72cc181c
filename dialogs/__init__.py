"""Decides what to say and ask. Pure: no socket, no clock, no gevent, no database."""
