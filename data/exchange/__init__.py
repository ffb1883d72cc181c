"""Customers in and out: CSV and Excel files of other programs, as their people write them.

`mapping` says which column is what; `sheets` reads and writes files; `cells` turns a cell into a value or a
complaint; `people` gathers rows into customers and finds contradictions; `loading` brings them in,
`dumping` takes them out.
"""
