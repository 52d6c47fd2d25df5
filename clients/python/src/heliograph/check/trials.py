"""Who tries to meet whom, through which stamps. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """Two people who are both at these stamps, by their places in the list, from 0."""

    stamps: tuple[int, ...]

    @property
    def alone(self) -> bool:
        """There is one stamp alone."""
        return len(self.stamps) == 1


def trials(count: int) -> list[Trial]:
    """Through each stamp alone and, where there are several, through all of them together."""
    alone = [Trial((stamp,)) for stamp in range(count)]
    return alone if count < 2 else [*alone, Trial(tuple(range(count)))]


def title(trial: Trial) -> str:
    """`stamp 1`, `stamps 1 and 2 together`. No address: pipelines keep these lines."""
    numbers = [str(stamp + 1) for stamp in trial.stamps]
    if trial.alone:
        return f"stamp {numbers[0]}"
    return f"stamps {', '.join(numbers[:-1])} and {numbers[-1]} together"
