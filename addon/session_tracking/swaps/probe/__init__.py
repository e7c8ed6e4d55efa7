"""The proof on demand: asks a URL as two visitors, and sees who is handed whose cookie."""
