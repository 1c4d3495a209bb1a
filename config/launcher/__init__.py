"""`make run`: starts everything in order, starts again what dies, stops all in order."""
