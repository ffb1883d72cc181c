"""Other people's systems, as this program asks them: in bounded time and size, trusting nothing they say.

What is asked, and what an answer means, is the rooms' that ask: `ivr/back_ends`, `ivr/messenger`.
"""
