"""The parts of the bench: installing, starting, filling, comparing, scanning, judging."""
