"""Runs a model on llama.cpp: the only place that imports llama_cpp for inference."""
