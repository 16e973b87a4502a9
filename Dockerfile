# Serves the echo example on port 4000.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY gnet_command.py ./
COPY gnet gnet
RUN python -m venv /opt/gnet && /opt/gnet/bin/pip install --no-cache-dir .

FROM python:3.13-slim
COPY --from=build /opt/gnet /opt/gnet
COPY examples/echo.py /app/echo.py
USER 65534:65534
EXPOSE 4000
ENTRYPOINT ["/opt/gnet/bin/python", "/app/echo.py"]
CMD ["--port", "4000"]
