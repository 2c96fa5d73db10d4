"""Why a line has no finding: what the rules that looked knew, and which guard, budget or unknown name ended it."""
