"""Ready replies: texts that a clinic writes once, with places to fill in, and that nobody sends half filled in."""
