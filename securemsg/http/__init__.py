"""HTTP in, a verb called, JSON or HTML out: no SQL, no keys; the same names as the desk."""
