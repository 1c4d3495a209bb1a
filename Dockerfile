# One image for every process of ours; docker-compose.yml says which one runs what.

# On the machine that builds, whatever the image is for: what comes of it is the same everywhere.
FROM --platform=$BUILDPLATFORM node:24-slim AS client
WORKDIR /client
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.13-slim AS packages
COPY requirements.txt /tmp/
# Wheels only, so nothing is compiled and nothing of a package runs, and each must have a hash that the
# lock file names. In the end pip has done its work.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement /tmp/requirements.txt \
    && /venv/bin/pip uninstall --yes pip

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
RUN groupadd --system --gid 10001 malgil \
    && useradd --system --uid 10001 --gid malgil --no-create-home malgil \
    && install -d -o malgil -g malgil /data
# The base image's own pip, and the copy of it that venvs are made with: a server installs nothing.
RUN python -c 'import importlib.util, shutil; \
        found = map(importlib.util.find_spec, ("pip", "ensurepip")); \
        [shutil.rmtree(spec.submodule_search_locations[0]) for spec in found if spec]' \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip-*
COPY --from=packages /venv /venv
WORKDIR /malgil
COPY manage.py ./
COPY accounts accounts
COPY api api
COPY chat chat
COPY config config
COPY demo demo
COPY workers workers
RUN python -m compileall -q .
COPY --from=client /client/dist frontend/dist
USER 10001
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "config.uvicorn_server", "--host", "0.0.0.0", "--port", "8000"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "config.monitoring.probe", "http://127.0.0.1:8000/healthz"]
# Last, since they change with every build.
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Malgil" \
      org.opencontainers.image.description="A queue-backed chat backend with a web client" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
