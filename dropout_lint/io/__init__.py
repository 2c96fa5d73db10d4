"""Files and names from outside, and what goes back out: opened, parsed, written and printed safely."""
