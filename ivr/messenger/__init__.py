"""Messages to customers and to other systems: SMS, e-mail, webhooks.

Rules:
1. A call never waits for a provider: a message is noted in the outbox, and delivered from there.
2. A message goes only where the house allows it: countries, what the recipient has consented to, so many a
   day. What is not allowed is `Refused`, and told to the flow at once.
3. Without a provider in the settings a message is written to a folder, and the log says so each time:
   nobody is to believe that it was sent.
4. What a message says, and whom it goes to, is data: never part of a header, a path or a template that is
   read again.
5. A message may arrive twice (a provider that took it and then fell silent), and never gets lost. Each has an
   id that stays the same, so that a provider can tell.
"""
