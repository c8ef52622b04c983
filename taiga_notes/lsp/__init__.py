"""The language server: blocks of unsaved pages, for any editor that speaks LSP."""
