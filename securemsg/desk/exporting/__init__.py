"""Hand a conversation, or all of a person's, to somebody: as JSON that can be put back, as HTML and PDF to read."""
