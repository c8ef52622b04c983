"""Text ↔ blocks: what a page is made of, finding its blocks, splicing their bodies; pure."""
