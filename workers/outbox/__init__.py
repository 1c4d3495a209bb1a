"""What is due from a table beside the replies, a limited number at a time: webhooks and mails.

`due_rows` is what both have in common. May touch the tables of webhooks, deliveries and mails, and
read ended replies. Must never know how a reply is generated, nor hold one up.
"""
