"""A run of the launcher with tiny services in place of the real ones."""
