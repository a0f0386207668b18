"""The staff's way in: links, passwords, codes, known browsers, sessions, and what guesses cost."""
