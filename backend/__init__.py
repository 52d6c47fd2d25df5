"""What each call does: one file a use case, the HTTP edge, settings, wiring."""
