"""What finished() returns takes its listeners off: it never calls back then."""

from _pair import noting, over, pair, settled
from net._sides import Side

import gnet

side = Side("before the end")
client, peer = pair()
before = client.listener_count("error")
cleanup = gnet.finished(client, noting(side, "finished"))
side.note("listens", client.listener_count("error") - before)
side.note("gives", cleanup())
side.note("listens", client.listener_count("error") - before)
client.resume()
client.end()
peer.end()
settled()
side.note("twice", cleanup())
over(client, peer)

side = Side("after the end")
client, peer = pair()
cleanup = gnet.finished(client, noting(side, "finished"))
client.destroy()
settled()
side.note("still listens", client.listener_count("error"))
cleanup()
side.note("no more", client.listener_count("error"))
over(client, peer)

side = Side("option")
client, peer = pair()
gnet.finished(client, {"cleanup": True}, noting(side, "finished"))
client.destroy()
settled()
side.note("listens", client.listener_count("error"))
over(client, peer)

side = Side("already over")
client, peer = pair()
client.destroy()
settled()
cleanup = gnet.finished(client, noting(side, "finished"))
cleanup()
settled()
side.note("quiet")
over(client, peer)
gnet.run()
