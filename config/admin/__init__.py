"""`/admin/`: what operations see and do. See docs/operations.md, "The admin"."""
