"""The report of a watched run, as text, JSON and a page."""
