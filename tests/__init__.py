"""The tests of the product. What all rooms share lies here: look before you write another one.

- `clocks`: a hand clock, a later one, seconds that pass when told; `to_come`: a Monday that is to come;
  `pace`: processor time that a busy machine does not change; `stalls`: when the machine stood still.
- `databases`: SQLite with its schema or the made-up customers, copied; `data.conftest`: `store`, on SQLite
  and on PostgreSQL; `plans`: how a database goes about the product's own statements.
- `side_by_side`: what servers do at the same moment, in real threads; `mortal`: one that dies at any instant.
- `commands`: `ivr` in this process; `serving`: `ivr serve` in a process of its own.
- `models`, `nlu_models`: of speech and of understanding; `read_once`: the shipped flows, once a process.
- `small_disk`: one that is really full; `own_folder`: what a killed run leaves goes with the next.
- `embedded`: a switch on virtual time; `contract.place`: one place for both switches; `ivr.paper`,
  `queueing.paper`, `campaigns.dialling.paper`: calls, telephones and switches on paper.
"""
