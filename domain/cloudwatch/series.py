"""Series of data points, and what one is by period and statistic."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean

Values = tuple[float | None, ...]
"""A value for each period of a window, oldest first; None where nothing was reported."""
STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum, "Maximum": max, "Minimum": min, "Average": fmean, "SampleCount": len,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What was reported of a metric; another set of dimensions is another metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[datetime, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The periods that are looked at: the last of them ends with the minute."""

    end: datetime
    period: int
    periods: int

    def values(self, points: Iterable[tuple[datetime, float]], statistic: str) -> Values:
        """One value a period, of all the points in it."""
        buckets: list[list[float]] = [[] for _ in range(self.periods)]
        start = self.end - timedelta(seconds=self.period * self.periods)
        for time, value in points:
            if start <= time < self.end:
                buckets[int((time - start).total_seconds()) // self.period].append(value)
        return tuple(float(STATISTICS[statistic](each)) if each else None for each in buckets)


def window(now: datetime, period: int, periods: int) -> Window:
    """The latest periods that are over."""
    end = now.replace(second=now.second - now.second % period if period < 60 else 0, microsecond=0)  # noqa: PLR2004
    return Window(end=end, period=period, periods=periods)
