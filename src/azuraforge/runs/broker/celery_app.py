"""Celery, reduced to what it is here for: it brings two ids in JSON to a worker with a free slot.

A message is an invitation to look, no order: which run is taken, the database says (``lease.py``). So messages are
acknowledged when they arrive, and may be lost, doubled, late or out of order; the ``dispatcher`` sends them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery import Celery

TASK = "azuraforge.run"

#: A broker that hangs is noticed: no call waits longer, and silent connections are probed.
_TRANSPORT = {
    "socket_connect_timeout": 2.0,
    "socket_timeout": 5.0,
    "socket_keepalive": True,
    "health_check_interval": 5,
    # One try: whoever sends or listens decides when the next one is.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    # Messages between arrival and acknowledgement, which is a moment: nothing is ever redelivered by time.
    "visibility_timeout": 3600,
}


def queue_name(queue: str) -> str:
    """The list in Redis that holds a queue's messages.

    Example:
        >>> queue_name("gpu")
        'azuraforge.gpu'
    """
    return f"azuraforge.{queue}"


def make_app(url: str) -> Celery:
    """A Celery application that only carries: JSON, early acknowledgement, no results, no ETA, no remote control."""
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
        # No limit: the consumer's gate is one, and an acknowledgement lost with the broker would fill this for good.
        worker_prefetch_multiplier=0,
        worker_hijack_root_logger=False,
        broker_transport_options=_TRANSPORT,
        broker_pool_limit=1,
        # Whoever uses it decides when to try again: Celery's own pauses grow to half a minute.
        broker_connection_retry=False,
        broker_connection_retry_on_startup=False,
    )
    return app


def send(app: Celery, project_id: str, run_id: str, queue: str) -> None:
    """Put one message into ``queue``. Raises what kombu raises where the broker is away."""
    options: dict[str, object] = {"queue": queue_name(queue), "ignore_result": True, "retry": False}
    app.send_task(TASK, args=(project_id, run_id), **options)
