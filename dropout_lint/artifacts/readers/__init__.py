"""Containers, pickles, protobuf: how an untrusted file is taken apart. Nothing in it is run, and bounds hold
everywhere.
"""
