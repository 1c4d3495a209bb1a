"""What tests share, imported by name (`from support.people import make_member`)."""
