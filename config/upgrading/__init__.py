"""Whether a migration may run while the release before it still does its work."""
