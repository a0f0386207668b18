"""How fast the service is, measured against plain floors in the same run: `make bench`.

Machines and neighbours differ, so little here is judged in seconds of one machine: a goal compares the
service with a floor that was measured beside it, round by round, and CPU per request comes before rates.
"""
