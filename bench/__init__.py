"""The numbers to reach, measured: ``python -m bench``."""
