"""Reading: querysets with a constant number of queries, search, and resources as plain objects.

Writes nothing, and knows no Django REST framework.
"""
