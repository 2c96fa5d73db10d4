"""The abstract domain: modes, values, the state at one point of a program, frames, events, and the `Evaluator`
protocol.

An abstract object stands for all objects that one allocation site makes through one call string. The join of two
states keeps what both paths agree on; of modes it is the least upper bound in the lattice drawn in `modes`.
"""
