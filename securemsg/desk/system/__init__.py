"""What other systems of the clinic do with a token, and staff by programs: the verbs behind the JSON API."""
