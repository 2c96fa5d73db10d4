"""What a watched run leaves behind, as values that outlive its models: events, the places in code, the timeline."""
