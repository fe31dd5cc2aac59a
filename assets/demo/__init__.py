"""The demo model and how it was made."""
