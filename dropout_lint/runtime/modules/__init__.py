"""Which layers of a model depend on the mode, in which mode they are, how they are called, and which are hidden."""
