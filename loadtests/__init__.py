"""Load tests of servers at their limits: accepting, the backlog, ``max_connections``.

Everything here is run from the root of the repository: ``locust -f loadtests/accept.py``, and
``python -m loadtests`` for all of them and a report.
"""
