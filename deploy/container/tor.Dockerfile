# A Tor client for the workers of compose.yaml, from the system's own package.
# hadolint global ignore=DL3008,DL3066
# no pins, as in Dockerfile; the user is the package's own, whose number is not fixed
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends tor && rm -rf /var/lib/apt/lists/*
COPY deploy/container/torrc /etc/tor/torrc
USER debian-tor
CMD ["tor", "-f", "/etc/tor/torrc"]
