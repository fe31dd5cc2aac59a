"""Reference values from independent programs, and the scripts that make them."""
