"""After you sign: measures month by month, places beside each other, who is left out, and the learning loop."""
