"""Containers, pickles, protobuf: how a stranger's file is taken apart. Nothing in it is run, and bounds hold
everywhere.
"""
