"""How gunicorn runs the service: read as a file by its `-c`, so that nothing is imported before gevent has patched."""

import logging
import os
import resource
import signal
import socket
import sys
from contextlib import nullcontext, suppress
from functools import partial

import gevent
from gevent.pool import Pool
from gevent.server import StreamServer
from gevent.socket import wait_read
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.workers.ggevent import GeventWorker

from securemsg import wire
from securemsg.deadlines import Connection, HeadTooSlow
from securemsg.errors import BadRequest, Error, TooSlow


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own, with an end of its own: what was begun is answered, nobody is kept waiting, all within two seconds."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.idle = set()  # connections between two requests

    def run(self):
        """Serve until a signal comes. Its byte in gunicorn's pipe wakes this at once; gunicorn would look once a second."""
        [listener] = self.sockets
        listener.setblocking(True)
        server = StreamServer(listener, handle=partial(self.handle, listener), spawn=Pool(self.worker_connections))
        server.start()
        while self.alive:
            self.notify()
            with suppress(TimeoutError):
                wait_read(self.PIPE[0], timeout=1)
                os.read(self.PIPE[0], 4096)
        self._end(server)
        self.wsgi.extensions["securemsg"].close()
        logging.shutdown()
        os._exit(0)  # all is stored and let go; to take the interpreter apart would take another half second

    def _end(self, server):
        """Streams and idle connections end now; what is being answered has so long, then it is cut."""
        gevent.sleep(0)  # who has knocked comes in
        server.close()
        self.wsgi.extensions["securemsg"].live.end_everything()
        for client in tuple(self.idle):
            _hang_up(client)
        if not server.pool.join(_LAST_ANSWERS_SECONDS):
            self.log.warning("%s requests were cut off: they took longer than the stop may", len(server.pool))

    def handle_exit(self, sig, frame):
        """SIGTERM, and SIGINT and SIGQUIT as well. Whoever is not serving yet has nothing to finish."""
        if not self.booted:
            sys.exit(0)
        self.alive = False

    handle_quit = handle_exit

    def init_signals(self):
        """A closed terminal tells all its processes; the master decides what it means."""
        super().init_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def handle(self, listener, client, addr):
        """One connection, from its first request to its last."""
        client = Connection(client)
        self.idle.add(client)
        if not self.alive:
            _hang_up(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self.idle.discard(client)

    def timeout_ctx(self):
        """None of gunicorn's: the connection has a deadline for each step."""
        return nullcontext()

    def handle_request(self, listener_name, req, sock, addr):
        """One request. The last one of its connection, once the service ends."""
        self.idle.discard(sock)
        sock.awaits_body(req)
        wire.admit(req)
        super().handle_request(listener_name, req, sock, addr)
        if not self.alive:
            raise StopIteration  # as gunicorn says it
        sock.awaits_request()
        self.idle.add(sock)

    def handle_error(self, req, client, addr, exc):
        """Neither log nor send back what could not be read, as gunicorn would: a token or a visitor's words may stand in it."""
        unread = isinstance(exc, ParseException) and not isinstance(exc, (InvalidResponseHeader, InvalidResponseHeaderName))
        answer = TooSlow if isinstance(exc, HeadTooSlow) else BadRequest if unread else Error
        if answer is not TooSlow:  # slow ones come by the hundred, and nobody can do anything about them
            self.log.warning("a request that %s: %s", "could not be read" if unread else "failed", type(exc).__name__)
        with suppress(OSError):
            client.sendall(wire.bare(answer, self.wsgi.extensions["securemsg"].settings.https))


_HANGUP = signal.getsignal(signal.SIGHUP)  # as we were started

worker_class = Worker
workers = 1  # SQLite, limits and live events are this one process's
worker_connections = 12_000  # each open stream holds one; the default of 1,000 starves
control_socket_disable = True
graceful_timeout = 2  # then the master kills; the worker itself ends before
keepalive = 1  # yes; for how long, deadlines.py says
sendfile = False  # files too go out piece by piece, each with its deadline
limit_request_line = 4096
limit_request_fields = 64
forwarded_allow_ips = ""  # nor may who sits on this machine set scheme, path or prefix: SECUREMSG_TRUSTED_PROXIES is all there is
errorlog = "-"
loglevel = "warning"
proc_name = "securemsg"

_LAST_ANSWERS_SECONDS = 1.2
_, _most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most_files, _most_files))  # most allow 1,024 at first: each connection is one


def when_ready(server):
    """A closed terminal ends the service as SIGTERM does, unless nohup said otherwise; one worker is all there may be."""
    server.handle_hup = server.handle_term if _HANGUP == signal.SIG_DFL else _ignored
    server.handle_int = server.handle_quit = server.handle_term
    server.handle_ttin = server.handle_ttou = server.handle_usr2 = _ignored


def post_worker_init(worker):
    """Beside the requests: the worker's jobs."""
    from securemsg import worker as jobs

    gevent.spawn(jobs.run, worker.wsgi.extensions["securemsg"], lambda: worker.alive)


def worker_exit(server, worker):
    """It fell: finish what is being written all the same, and let the database go."""
    if getattr(worker, "wsgi", None):
        worker.wsgi.extensions["securemsg"].close()


def _hang_up(client):
    """Its reader meets the end after what has come already; closing under it would raise there."""
    with suppress(OSError), client.dup() as same:
        same.shutdown(socket.SHUT_RD)


def _ignored():
    """SIGTTIN, SIGTTOU and SIGUSR2 would start a second process on the same data."""
