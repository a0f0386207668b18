"""Rules that the code keeps, read off its syntax: each finds what would be a leak, and is shown a bad example that it finds."""
