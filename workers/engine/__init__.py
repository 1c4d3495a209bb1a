"""The worker process: Celery's side, the event loop, running replies, heartbeat, recovery.

Who lives here: `engine` puts the parts together, `engine_thread` gives them a thread; `recovery`
looks into the tables each tick, `registration` and `liveness` keep this worker's row,
`running_replies` holds what runs. Celery's side is `tasks`, `celery_lifecycle`, `celery_fetching`,
`wakeups` and `broker`; `probe` is the port for operations.

May touch all other rooms of workers, and Celery. Must never know what a request to the model or an
answer looks like.
"""
