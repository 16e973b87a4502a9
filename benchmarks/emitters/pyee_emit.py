"""The emitter of pyee."""

import pyee

from benchmarks.emitters._turns import take_turns

if __name__ == "__main__":
    take_turns(pyee.EventEmitter())
