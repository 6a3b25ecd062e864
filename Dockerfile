# The app in a container. compose.yaml builds and starts it: docker compose up --build
#
# There is no login, unless MUSICGEN_CLASS=1 is set (docs/class.md). Publish the port to this machine
# alone (-p 127.0.0.1:8501:8501), as compose.yaml does, or see docs/security.md.
FROM python:3.11-slim-bookworm

# The system packages of set-up, and make, which runs it.
COPY packages.txt /srv/musicgen/
RUN apt-get update \
    && apt-get install -y --no-install-recommends make $(cat /srv/musicgen/packages.txt) \
    && rm -rf /var/lib/apt/lists/*

# Tunebooks, runs and favourites: the home of the user that the app runs as, and a volume.
ENV MUSICGEN_HOME=/var/lib/musicgen
RUN useradd --uid 1000 --create-home --home-dir "$MUSICGEN_HOME" --shell /usr/sbin/nologin musicgen

WORKDIR /srv/musicgen
ENV PIP_NO_CACHE_DIR=1

# Python packages first: they take the longest, and change less often than the program.
# More arguments for pip when it installs torch, such as the index of the much smaller CPU build.
ARG TORCH_PIP_ARGS=""
COPY Makefile requirements.txt ./
COPY tools/ tools/
RUN make .make/requirements TORCH_PIP_ARGS="$TORCH_PIP_ARGS"

# The user can read the program and write its own home only.
COPY . .
RUN make setup TORCH_PIP_ARGS="$TORCH_PIP_ARGS" \
    && .venv/bin/python -m compileall -q app.py pages musicgen \
    && chown -R musicgen:musicgen "$MUSICGEN_HOME"

USER musicgen
VOLUME /var/lib/musicgen

# All addresses of the container, which only published ports reach. With a server address to print,
# Streamlit asks no other host for one.
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD [".venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD [".venv/bin/python", "-m", "streamlit", "run", "app.py"]
