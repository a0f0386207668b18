"""Erase: a message, a conversation, a person; what keeps that from being done; and what is old enough for it."""
