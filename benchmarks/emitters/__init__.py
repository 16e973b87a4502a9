"""One program per emitter that is compared, each run in a process of its own.

The agreement with ``benchmarks/emit.py`` is the same for all: the argument is the number of
listeners; for each line of standard input, a number of seconds, emit for about that long and
answer with a line that says how many times; end with standard input.
"""
