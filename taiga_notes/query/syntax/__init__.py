"""From a query's text to its tree; pure."""
