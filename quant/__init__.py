"""GGUF files: reading, checking, quantizing, writing. Knows nothing of Hugging Face or the app."""
