"""The worker process: answers accepted replies by asking the model; sends webhooks and mails.

The rooms, from the top: `engine` (the process), `generation` (one attempt of one reply), then
`model`, `streaming` and `outbox`, which do not know each other; on the ground `models`, `metrics`
and `database_retry`. May import chat, accounts and api; none of these knows workers. import-linter
holds the order.
"""
