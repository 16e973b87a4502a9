"""The emitter of gnet."""

import gnet
from benchmarks.emitters._turns import take_turns

if __name__ == "__main__":
    take_turns(gnet.EventEmitter())
