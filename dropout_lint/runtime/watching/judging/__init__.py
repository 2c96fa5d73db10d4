"""What of a watched run is misuse: state machines over events, without torch."""
