"""What plugins are told after the commit, and what they send: from the outbox to where it goes, at least once."""
