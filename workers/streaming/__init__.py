"""Text on its way from the model to Redis, in batches.

Told what to write by an attempt; knows no model.
"""
