"""Bytes in, bytes out: no Flask, no SQL."""
