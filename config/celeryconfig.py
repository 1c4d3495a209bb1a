"""Celery's settings, each with what breaks otherwise."""

from django.conf import settings
from kombu import Queue

from .embedded import paths

broker_url = paths.broker_url(settings.CELERY_BROKER_URL)
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# Consumers block on Redis, so their reads must not time out early; a publisher that hits a dead
# Redis must not hold its request. `socket_timeout` serves both: longer than BRPOP's 1 s.
broker_transport_options = {
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "retry_on_timeout": False,
    "visibility_timeout": 3600,
    "max_retries": 0,
}
broker_pool_limit = 4

task_default_queue = "replies"
# Without `no_ack` each message is written down in Redis when it is taken, and crossed out at once.
# One that is lost is found missing in the table.
task_queues = [Queue("replies", no_ack=True)]
task_ignore_result = True
task_store_errors_even_if_ignored = False
task_serializer = "json"
accept_content = ["json"]
task_publish_retry = False
task_create_missing_queues = True

worker_hijack_root_logger = False
worker_redirect_stdouts = False
worker_send_task_events = False
worker_cancel_long_running_tasks_on_connection_loss = False
worker_enable_remote_control = False
enable_utc = True
timezone = "UTC"
