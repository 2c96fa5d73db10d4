"""Watches a whole training script: what ran in which mode, what was wrong with it, and how to show that.

`events` and everything that decides (`judgement`, `timeline`, `report`) know no torch, so they are tested without it;
`recorder`, `switches`, `exporters` and `ownership` turn what torch does into events; `handle` is what users hold.
"""
