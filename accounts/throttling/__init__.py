"""How often one may try: what is counted (`limits`), for whom (`networks`), and how (`counters`).

The rules are told in docs/accounts.md.
"""
