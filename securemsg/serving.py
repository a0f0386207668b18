"""How gunicorn runs the service: read as a file by its `-c`, so that nothing is imported before gevent has patched."""

import resource
import signal

import gevent

from securemsg import logs
from securemsg.process import Log, Worker
from securemsg.secrecy import keep_memory_private
from securemsg.settings import load

settings = load()
logs.begin(settings.log, settings.log_level)
gevent.hub.Hub.print_exception = lambda hub, context, kind, error, trace: logs.uncaught(kind, error, trace)
keep_memory_private()

_, _most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most_files, _most_files))  # most allow 1,024 at first: each connection is one

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
logger_class = Log
proc_name = "securemsg"


def when_ready(server):
    """A closed terminal ends the service as SIGTERM does, unless nohup said otherwise; one worker is all there may be."""
    server.handle_hup = server.handle_term if _HANGUP == signal.SIG_DFL else _ignored
    server.handle_int = server.handle_quit = server.handle_term
    server.handle_ttin = server.handle_ttou = server.handle_usr2 = _ignored


def post_worker_init(worker):
    """Beside the requests: the worker's jobs, until all of these are answered. A plugin that takes too long is interrupted."""
    from securemsg import standby
    from securemsg import worker as jobs
    from securemsg.registry import guard

    guard.begin()
    away = isinstance(worker.wsgi.extensions["securemsg"].database, standby.Away)
    worker.begin_jobs(standby.run if away else jobs.run)
    worker.show_metrics(settings.metrics_bind)


def worker_exit(server, worker):
    """It fell: finish what is being written all the same, and let the database go."""
    if getattr(worker, "wsgi", None):
        worker.wsgi.extensions["securemsg"].close()


def _ignored():
    """SIGTTIN, SIGTTOU and SIGUSR2 would start a second process on the same data."""
