"""Anonymous statistics: one report for each side of a call, kept in SQL, shown in groups."""
