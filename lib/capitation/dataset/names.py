"""Names of columns and values of person-years, apart from the engine that makes them: a page reads them without it."""

NEED = "need:"  # before the name of a need marker
THERE, LEFT, DIED = "there", "left", "died"
PRIOR, NOW = "prior:", "now:"  # before the name of an outcome: its count in the year before, and in the year
STILL_THERE, NOT_LEGAL, NOW_IN = "still", "not legal", "now"  # what became of somebody in the learning loop
KNOWN_AFTER = ("exposure", "cost", "cost_known", "ending", "days", "death_date", "leave_date", "died", "dead", "left")
