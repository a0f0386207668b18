"""The application for a WSGI server that is started by hand: `gunicorn -k gevent wsgi:app`."""

from securemsg import create_app

app = create_app()
