"""What tests and benchmarks share: the local stack as a process, services that fail, a thief."""
