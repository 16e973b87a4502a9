"""A descriptor that a socket has cannot be given to another one, until the first has closed it."""

import os

from _sides import Side, attempt, fresh_directory

import gnet

fifo = os.path.join(fresh_directory(), "fifo")
os.mkfifo(fifo)
fd = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
first = gnet.Socket(fd=fd, writable=False)
Side("first").watch(first, "end", "error", "close")
attempt("second", lambda: gnet.Socket(fd=fd, writable=False))
attempt("second, by number", lambda: gnet.Socket(fd))
first.destroy()
first.on("close", lambda _had_error: attempt("closed", lambda: gnet.Socket(fd=fd)))
gnet.run()
