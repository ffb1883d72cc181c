"""Sound to words and words to sound, in worker processes, behind two ports."""
