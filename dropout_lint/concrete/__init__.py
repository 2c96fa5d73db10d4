"""Findings and fixes on LibCST nodes, for tools that are built on LibCST."""
