"""Flows as pictures that a business reader follows: Mermaid text and SVG.

`picture` decides what is shown, `layers` where it stands, `mermaid` and `svg` write it down.
"""
