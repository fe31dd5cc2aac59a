"""How the demo model is trained and measured; never needed to run it."""
