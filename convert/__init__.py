"""A Hugging Face checkpoint of a Qwen3 becomes a GGUF. Knows nothing of the app."""
