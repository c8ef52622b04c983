"""Files: which are pages, reading and writing them safely, undoing, and what is remembered."""
