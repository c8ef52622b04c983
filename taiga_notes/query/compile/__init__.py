"""From a query's tree to Python code; pure."""
