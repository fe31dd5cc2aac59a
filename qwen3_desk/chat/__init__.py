"""The logic of a conversation with Qwen3, with no input or output: messages, switches, the prompt, tags, events."""
