"""Who is calling, proved: what a caller says is compared with what is known, and guessing is stopped.

Rules:
1. A caller's number is never a proof: it is easily forged, and telephones are lent.
2. A number that nobody has and a secret that is wrong are the same to whoever asks: one try counted, one
   argon2 verification done, the same result at the same time.
3. A try is counted before it is judged, so that a hundred calls at once guess no more often than one; it is
   under way until then, and only what was wrong locks anybody.
4. A postcode that goes with the number of an order or a ticket is a try as any other.
5. What cannot be counted is not judged: with the database lost, nobody passes, and a person takes over.
6. No claim is ever logged, kept or told; a PIN is kept as argon2id alone.
"""
