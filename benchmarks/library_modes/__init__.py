"""What libraries do to the mode of a model that they are handed: each call is made, and the flags are read."""
