"""What a rule is, and how one file is checked: the rule's API, the registry, the prefilter, the engine."""
