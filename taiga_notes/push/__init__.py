"""What a person changes in a block, sent to Taiga: recognised, planned, applied, written down."""
