"""What a watched run leaves behind, as values that outlive its models: events, places, the timeline, the JSON."""
