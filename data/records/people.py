"""Customers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Customer:
    customer_number: str
    name: str
    language: str
    zone: str
    """IANA time zone, for the hours at which they may be called."""
    phone_numbers: tuple[str, ...]
    """E.164, in order of chance to reach them."""
