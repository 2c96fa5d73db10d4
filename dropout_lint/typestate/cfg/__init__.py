"""The control-flow graph of a function, and a worklist solver over it.  Knows no torch."""
