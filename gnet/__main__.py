"""``python -m gnet serve``: the command line, where there is no ``gnet`` on the path."""

import sys

from gnet.serving.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
