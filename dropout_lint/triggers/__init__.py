"""What a line of a file holds before a rule is shown the statement around it: read before any rule is imported."""
