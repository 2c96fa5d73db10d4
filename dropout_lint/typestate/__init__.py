"""In which mode is each module object, at each place?  Followed through functions and files."""
