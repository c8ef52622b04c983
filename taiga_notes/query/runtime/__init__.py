"""What a query computes with while it runs: values, functions, bounds; pure."""
