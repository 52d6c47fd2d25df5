"""How fast something moves: the mean of the last seconds. Times are arguments."""

SPAN_SECONDS = 5.0
STEP_SECONDS = 0.2


class Rate:
    """Of one transfer."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def add(self, count: int, now: float) -> None:
        """So many bytes are there now."""
        if self._samples and now - self._samples[-1][0] < STEP_SECONDS:
            return
        self._samples = [each for each in self._samples if now - each[0] <= SPAN_SECONDS]
        self._samples.append((now, count))

    def reset(self) -> None:
        """It stood still, so what was before does not count."""
        self._samples = []

    def per_second(self, count: int, now: float) -> float:
        """Bytes a second; 0 if nothing is known."""
        recent = [each for each in self._samples if now - each[0] <= SPAN_SECONDS]
        if not recent or now - recent[0][0] < STEP_SECONDS:
            return 0.0
        return max(0.0, (count - recent[0][1]) / (now - recent[0][0]))
