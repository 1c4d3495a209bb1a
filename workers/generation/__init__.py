"""One attempt of one reply: claim it, ask the model, pass the text on, store how it ended.

May touch `model`, `streaming` and chat's domain. Must never know Celery, the other replies that
run, webhooks or mails.
"""
