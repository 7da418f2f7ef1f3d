# afsync in an image: built in one stage, run from a slim one, by no particular user.
#
#   docker build -t afsync .
#   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/work" -e AURAFLUX_API_KEY afsync plan
#   docker run --rm --network host afsync emulator --port 4321

FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.txt ./
# The versions and hashes of the lock; the environment is copied as it is, so it is made where it will stand.
RUN python -m venv /opt/afsync \
 && /opt/afsync/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY afsync ./afsync
COPY schemas ./schemas
COPY examples ./examples
RUN /opt/afsync/bin/pip install --no-cache-dir --no-deps . \
 && /opt/afsync/bin/pip uninstall --yes pip \
 && /opt/afsync/bin/afsync version

FROM python:3.12-slim
LABEL org.opencontainers.image.source="https://github.com/your-org/afsync" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/afsync /opt/afsync
# The project is mounted at /work, with its state in it, by whichever user owns it: nothing else is written, and HOME may not
# exist for that user.
ENV PATH="/opt/afsync/bin:$PATH" \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["afsync"]
CMD ["--help"]
