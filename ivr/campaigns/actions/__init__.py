"""What campaigns do by outcome and by promise: messages, cases, callbacks, webhooks, a place on another list.

Rules:
1. An action is declared in the strategy's file, and frozen with its words when its occasion comes.
2. It is put in with its occasion, in one transaction; it is done, and noted as done, in another. What leaves
   the house leaves it by the outbox, under the action's id: none is lost, and none is sent under two ids.
3. A message is a contact: it passes the gate, is in the ledger, and waits for a lawful hour or is dropped,
   with the reason on record.
4. What somebody owes or has promised is written only where they have proved who they are.
"""
