# `gnet serve`, with what it needs for metrics and workers: serves the echo example on port 4000,
# or an application that is mounted or copied to /app:
#
#   docker build -t gnet .
#   docker run --rm -p 4000:4000 -v ./app.py:/app/app.py:ro gnet app:on_connection
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY gnet gnet
# What applications need beside gnet, as pip takes it: --build-arg EXTRA_PACKAGES="redis msgpack".
ARG EXTRA_PACKAGES=""
# Compiled as it is installed, since nothing is written later. The pip that does it stays behind, as
# do the tests of what gnet depends on, a third of the rest.
RUN python -m venv --without-pip /opt/gnet \
    && pip --python /opt/gnet/bin/python install --no-cache-dir --disable-pip-version-check \
        --root-user-action ignore '.[metrics,workers]' $EXTRA_PACKAGES \
    && cd /opt/gnet/lib/python*/site-packages \
    && rm -rf gevent/tests gevent/testing greenlet/tests zope/interface/tests

FROM python:3.13-slim
COPY --from=build /opt/gnet /opt/gnet
COPY examples/echo.py /app/echo.py
WORKDIR /app
# Draining ends before `docker stop` kills, which is after 10 seconds.
ENV PATH=/opt/gnet/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GNET_LISTEN=tcp://:4000 \
    GNET_METRICS=tcp://0.0.0.0:9400 \
    GNET_APP_DIR=/app \
    GNET_DRAIN_TIMEOUT=8
USER 65534:65534
EXPOSE 4000 9400
STOPSIGNAL SIGTERM
# Every 30 seconds, which is Docker's default: an interpreter is started each time.
HEALTHCHECK --timeout=5s --start-period=30s CMD ["gnet", "health"]
ENTRYPOINT ["gnet", "serve"]
CMD ["echo:on_connection"]
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="gnet" \
      org.opencontainers.image.description="Node's net (Server, Socket, EventEmitter) for Python on gevent" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
