"""Many files: settings, discovery, cache, worker processes, fixes on disk."""
