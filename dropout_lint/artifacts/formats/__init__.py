"""One module for each format of exported models: from its parts to evidence."""
