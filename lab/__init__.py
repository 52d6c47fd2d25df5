"""What tests and benchmarks share: the local stack as a process, vendors that are down, a thief."""
