"""Qwen3 on your own laptop: a calm terminal chat, offline."""
