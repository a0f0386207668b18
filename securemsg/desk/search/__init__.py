"""Search through what is sealed: open, compare, forget; nothing readable is kept to be searched in."""
