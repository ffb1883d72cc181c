"""Recordings of whole calls, afterwards: found, trimmed, converted, played.

Nothing here runs in the server's process: `ivr recordings` and the converting child (`worker`) use it.
"""
