"""The serving process: gunicorn's gevent worker, with an end, a log and a distrust of its own."""

import logging
import os
import signal
import socket
import sys
from contextlib import nullcontext, suppress
from functools import partial

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer
from gevent.socket import wait_read
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException
from gunicorn.workers.ggevent import GeventWorker

from securemsg import logs, wire
from securemsg.deadlines import Connection, HeadTooSlow
from securemsg.errors import BadRequest, Error, Misconfigured, TooSlow
from securemsg.starting import kept

_LAST_ANSWERS_SECONDS, _LAST_JOBS_SECONDS, _LAST_SECONDS = 1.0, 0.3, 1.4
_log = logging.getLogger("securemsg")


class Log(Logger):  # type: ignore[misc]
    """gunicorn's messages go where all the others go; a line for each request is the application's to write."""

    def setup(self, cfg):
        self.cfg = cfg
        self.error_log.propagate = True

    def access(self, resp, req, environ, request_time):
        """Nothing: it would hold the path, the address and the user agent."""


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own, with an end of its own: what was begun is answered, nobody is kept waiting, all within two seconds."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.connections = set()  # those that are open

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
        _log.info("the service has ended")
        os._exit(0)  # all is stored and let go; to take the interpreter apart would take another half second

    def begin_jobs(self, run):
        """Beside the requests, until all of them are answered: what the last one wrote is seen to as well."""
        _log.info("the service serves")
        self.answered = Event()
        self.jobs = gevent.spawn(run, self.wsgi.extensions["securemsg"], lambda: not self.answered.is_set(), self.answered.wait)

    def show_metrics(self, bind):
        """At an address of their own, if they have one."""
        from securemsg.http.measures import at_its_own_address

        if bind:
            WSGIServer(bind, at_its_own_address(self.bare), log=None, error_log=None).start()

    def _end(self, server):
        """Streams and idle connections end now, and nobody waits for a body that was refused; what is being answered has so long,
        then it is cut.

        What hangs even then, in the disk or behind a lock, ends as by SIGKILL: nothing that was acknowledged is lost by that.
        """
        from securemsg.registry import guard

        guard.end()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, _LAST_SECONDS)
        _let_in(server)
        server.close()
        self.wsgi.extensions["securemsg"].live.end_everything()
        for client in tuple(self.connections):
            if not client.is_working:
                _hang_up(client)
        if not server.pool.join(_LAST_ANSWERS_SECONDS):
            _log.warning("answers were cut off: they took longer than the stop may", extra={"count": len(server.pool)})
        self.answered.set()
        self.jobs.join(_LAST_JOBS_SECONDS)

    def load_wsgi(self):
        """The application; what keeps it from starting is told in the log, where gunicorn would print it."""
        try:
            with kept():
                super().load_wsgi()
            self.bare = self.wsgi.wsgi_app  # for who comes in elsewhere, and not by a connection of this worker
            self.wsgi.wsgi_app = wire.after_its_body(self.bare)
        except Exception as error:
            sentence = {"sentence": error.detail} if isinstance(error, Misconfigured) else {}
            fault = {"error": type(error).__name__, "place": logs.place(error.__traceback__)}
            _log.critical("the service cannot start", extra=fault | sentence)
            sys.exit(Arbiter.APP_LOAD_ERROR)

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
        self.connections.add(client)
        if not self.alive:
            _hang_up(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self.connections.discard(client)

    def timeout_ctx(self):
        """None of gunicorn's: the connection has a deadline for each step."""
        return nullcontext()

    def handle_request(self, listener_name, req, sock, addr):
        """One request. The last one of its connection, once the service ends."""
        sock.awaits_body(req)
        wire.admit(req, sock)
        super().handle_request(listener_name, req, sock, addr)
        if not self.alive:
            raise StopIteration  # as gunicorn says it
        sock.awaits_request()
        gevent.sleep(0)  # who sends many requests at once waits in line with everybody else

    def handle_error(self, req, client, addr, exc):
        """Neither log nor send back what could not be read, as gunicorn would: a token or a visitor's words may stand in it."""
        unread = isinstance(exc, ParseException) and not isinstance(exc, (InvalidResponseHeader, InvalidResponseHeaderName))
        answer = TooSlow if isinstance(exc, HeadTooSlow) else BadRequest if unread else Error
        fault = {"error": type(exc).__name__, "place": logs.place(exc.__traceback__)}
        if answer is Error:
            _log.error("a request failed", extra=fault)
        elif answer is BadRequest:  # slow ones come by the hundred, and nobody can do anything about them
            _log.warning("a request could not be read", extra=fault)
        with suppress(OSError):
            client.sendall(wire.bare(answer, self.wsgi.extensions["securemsg"].settings.public_url))


def _let_in(server):
    """Who has knocked already: the kernel would hang up on them without a word."""
    while knocked := server.do_read():
        server.do_handle(*knocked)
    gevent.sleep(0)


def _hang_up(client):
    """Its reader meets the end after what has come already; closing under it would raise there."""
    with suppress(OSError), client.dup() as same:
        same.shutdown(socket.SHUT_RD)
