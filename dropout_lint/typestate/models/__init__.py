"""Models of calls into Python, torch and other libraries: what they return, and what they do to modules."""
