"""From disk to disk: pages found, read, composed, written; and what need not be done again."""
