"""The designers' manual, made from what the program knows of itself: `make docs` writes docs/flows.md.

The prose stands in `manual.md`; what could go out of date (steps, kinds of answers, keys, formats, what a
caller may say) is put into it from the models and their documentation. A test compares it with the page.
"""

from __future__ import annotations

from dialogs.manual.page import manual

__all__ = ["manual"]
