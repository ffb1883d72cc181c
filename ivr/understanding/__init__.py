"""Free speech → what the caller wants: one port, a built-in engine, and Rasa over HTTP.

Read in this order: `port` (what is asked and answered), `examples` and `concepts` (what designers write),
`features`, `training`, `model` (the built-in engine), `rasa` (the other one), `understanding` (which of them
answers a live call).
"""
