"""What a run from a seed finds wrong."""


class Broken(AssertionError):
    """A promise was broken: which, where, and by which seed."""
