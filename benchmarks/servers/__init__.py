"""One echo server per peer, each a program that runs in a process of its own.

The agreement with the launcher (``benchmarks/peers.py``) is the same for all: listen on
127.0.0.1 with a port chosen by the kernel and a backlog of 511, print that port as the first
line of standard output, serve until standard input closes.
"""
