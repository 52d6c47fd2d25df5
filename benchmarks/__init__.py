"""One script per question: `python -m benchmarks.NAME`. Figures are medians; machines are noisy."""
