"""How well callers are understood: sets of speech, lines that spoil them, and figures (`ivr eval speech`)."""
