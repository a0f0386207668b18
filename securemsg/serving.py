"""How gunicorn runs the service: read as a file by its `-c`, so that nothing is imported before gevent has patched."""

worker_class = "gevent"
workers = 1  # SQLite, limits and live events are this one process's
worker_connections = 12_000  # each open stream holds one; the default of 1,000 starves
control_socket_disable = True
graceful_timeout = 2
keepalive = 30
limit_request_line = 4096
limit_request_fields = 64
errorlog = "-"
loglevel = "warning"
proc_name = "securemsg"


def post_worker_init(worker):
    """Beside the requests: the worker's jobs, and word to the streams when it is time to stop."""
    import gevent

    from securemsg import worker as jobs

    desk = worker.wsgi.extensions["securemsg"]
    gevent.spawn(jobs.run, desk, lambda: worker.alive)
    gevent.spawn(_end_streams, worker, desk)


def worker_exit(server, worker):
    """Finish what is being written, and let the database go."""
    if getattr(worker, "wsgi", None):
        worker.wsgi.extensions["securemsg"].close()


def _end_streams(worker, desk):
    import gevent

    while worker.alive:
        gevent.sleep(0.1)
    desk.live.end_everything()
