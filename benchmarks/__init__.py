"""Benchmarks: what an operation costs a server, as a ratio to its peers.

Run ``python -m benchmarks`` from the root of the repository; ``README.md`` explains the method.
"""
