"""How gunicorn runs the service: read as a file by its `-c`, so that nothing is imported before gevent has patched."""

import socket
from contextlib import suppress

from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.workers.ggevent import GeventWorker

from securemsg import wire
from securemsg.errors import BadRequest, Error


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own, and it knows its connections: browsers keep idle ones open, and none may delay the stop."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.connections = set()

    def handle(self, listener, client, addr):
        self.connections.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self.connections.discard(client)

    def handle_request(self, listener_name, req, sock, addr):
        wire.admit(req)
        super().handle_request(listener_name, req, sock, addr)

    def handle_error(self, req, client, addr, exc):
        """Neither log nor send back what could not be read, as gunicorn would: a token or a visitor's words may stand in it."""
        unread = isinstance(exc, ParseException) and not isinstance(exc, (InvalidResponseHeader, InvalidResponseHeaderName))
        self.log.warning("a request that %s: %s", "could not be read" if unread else "failed", type(exc).__name__)
        with suppress(OSError):
            client.sendall(wire.bare(BadRequest if unread else Error, self.wsgi.extensions["securemsg"].settings.https))


worker_class = Worker
workers = 1  # SQLite, limits and live events are this one process's
worker_connections = 12_000  # each open stream holds one; the default of 1,000 starves
control_socket_disable = True
graceful_timeout = 2
keepalive = 30
limit_request_line = 4096
limit_request_fields = 64
forwarded_allow_ips = ""  # nor may who sits on this machine set scheme, path or prefix: SECUREMSG_TRUSTED_PROXIES is all there is
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
    gevent.sleep(0.5)  # for requests on their way; afterwards nothing more is heard, and idle connections close
    for client in tuple(worker.connections):
        with suppress(OSError), client.dup() as same:  # gevent would raise in who waits; so its reader just meets the end
            same.shutdown(socket.SHUT_RD)
