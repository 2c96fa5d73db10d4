"""Probes, one module for each kind of library."""
