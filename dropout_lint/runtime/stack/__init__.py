"""From a call stack to a module and a line."""
