"""A page of the site that runs the linter in the browser."""
