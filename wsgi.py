"""The application for a server that is started by hand: `gunicorn -c securemsg/serving.py wsgi:app`."""

from securemsg.app import serve

app = serve()
