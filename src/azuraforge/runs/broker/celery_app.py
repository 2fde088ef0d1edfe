"""Celery application whose messages wake workers. Each message contains a project id and a run id as JSON.

A message does not assign a run: the database determines which run a worker claims (``lease.py``). Messages are
therefore acknowledged on arrival and may be lost, duplicated, delayed or reordered; the ``dispatcher`` resends them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery import Celery

TASK = "azuraforge.run"

#: Timeouts, in seconds, that detect an unresponsive broker; idle connections are probed.
_TRANSPORT = {
    "socket_connect_timeout": 2.0,
    "socket_timeout": 5.0,
    "socket_keepalive": True,
    "health_check_interval": 5,
    # A call is tried once: the sender or the consumer decides when to retry.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    # Messages are acknowledged on arrival, so none is redelivered after this timeout.
    "visibility_timeout": 3600,
}


def queue_name(queue: str) -> str:
    """Return the name of the Redis list that stores a queue's messages.

    Example:
        >>> queue_name("gpu")
        'azuraforge.gpu'
    """
    return f"azuraforge.{queue}"


def make_app(url: str) -> Celery:
    """Return a Celery application for wake-up messages: JSON, acknowledged early, no results, ETA or remote control."""
    from celery import Celery  # the extra `scaled`

    app = Celery("azuraforge", broker=url, set_as_current=False, fixups=[])
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_acks_late=False,
        task_ignore_result=True,
        task_send_sent_event=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        # 0: no limit. The consumer's gate limits messages instead, because acknowledgements lost with the broker would
        # permanently reduce this limit.
        worker_prefetch_multiplier=0,
        worker_hijack_root_logger=False,
        broker_transport_options=_TRANSPORT,
        broker_pool_limit=1,
        # The caller decides when to retry, since Celery's own delays grow to half a minute.
        broker_connection_retry=False,
        broker_connection_retry_on_startup=False,
    )
    return app


def send(app: Celery, project_id: str, run_id: str, queue: str) -> None:
    """Send one message to ``queue``. Raises an exception of kombu if the broker is unavailable."""
    options: dict[str, object] = {"queue": queue_name(queue), "ignore_result": True, "retry": False}
    app.send_task(TASK, args=(project_id, run_id), **options)
