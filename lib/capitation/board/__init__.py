"""The board: its look, its page and the server that shows it."""
