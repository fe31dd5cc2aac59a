"""What ships as data: the chat template and the demo model."""
