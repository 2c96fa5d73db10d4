"""`DropoutWatch` for the trainers that people use: one module for each, and one for loops of one's own."""
