"""Anonymous statistics: one report per call and side, kept in SQL, shown in groups."""
