"""What `ivr/session.py` lives one call with. Read the session first; then, in the order of a call:

- what is heard from the system: `saying`, `voicing`, `audible`; when a caller may cut in: `interruptions`,
  and in flows that call people: `sentence`;
- the one place where a call waits: `attention`;
- what the call has learnt about how it hears the caller: `hearing`;
- a question and its answer: `listening`, `clip` (how the answer sounded, kept), `dictation` (long speech);
- what is asked of back ends, and what fills the wait: `back_end_work`, `meanwhile`, `hold_music`;
- everything else that a flow has done: `deeds`; and the wait for a person: `queue_wait`.
"""
