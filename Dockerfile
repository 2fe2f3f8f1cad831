# syntax=docker/dockerfile:1
# Two images from one file: `web` is slim and has no torch; `worker` adds what runs models.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/opt/venv/bin:$PATH CONSILIUM_DATA_DIR=/data
RUN python -m venv /opt/venv \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin consilium \
    && install -d -o consilium -g consilium /data /app
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY arena arena
COPY evaluation evaluation
COPY workers workers

FROM base AS web
RUN pip install --constraint constraints.txt '.[web,production,parquet]' && rm -rf build
COPY manage.py ./
COPY docs docs
COPY frontend frontend
# Static files are part of the image; the folder is written once here and read-only afterwards.
ENV CONSILIUM_STATIC_DIR=/app/static
RUN CONSILIUM_DATA_DIR=/tmp/build CONSILIUM_SECRET_KEY=only-for-this-build \
    python manage.py collectstatic --no-input --verbosity 0 && rm -rf /tmp/build
USER consilium
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "arena.asgi:application", "--host", "0.0.0.0", "--port", "8000"]

FROM base AS worker
# The default torch wheel carries CUDA; build with --build-arg TORCH_INDEX=…/whl/cpu for CPU only.
ARG TORCH_INDEX=""
RUN pip install --constraint constraints.txt ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
        '.[web,production,parquet,demo,energy,films,models]' && rm -rf build
COPY manage.py ./
COPY frontend frontend
ENV HF_HUB_OFFLINE=1 CONSILIUM_MODELS_DIR=/models
USER consilium
VOLUME ["/data", "/models"]
CMD ["python", "-m", "celery", "-A", "workers.app", "worker", "-P", "threads", "-c", "2", "-Q", "default,cpu"]
