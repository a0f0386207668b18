"""The safety notice's words: the same verdict in Python and in the widget."""
