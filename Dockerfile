# Weir in a container. Build: docker build -t weir .
# Run: docker run --rm -p 4000:4000 -v weir-data:/data --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
#        --security-opt systempaths=unconfined weir
# The three options let bubblewrap make its own namespaces inside the container; each sandbox then has its own filter.

FROM openpolicyagent/opa:1.10.1-static AS opa

FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY gateway gateway
COPY adapters adapters
COPY sandbox sandbox
COPY bench bench
COPY test test
COPY examples examples
RUN npm run build && node -e "import('./scripts/set-up.mjs').then((s) => s.storeImage())" && rm -rf dist/test dist/bench && npm prune --omit=dev

FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap git ripgrep util-linux \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --create-home --home-dir /home/weir weir \
  && mkdir /data && chown weir:weir /data
COPY --from=opa /opa /usr/local/bin/opa
WORKDIR /opt/weir
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY package.json ./
COPY bin bin
COPY gateway/providers/registry.json gateway/providers/registry.json
COPY policies policies
COPY examples examples
ENV NODE_ENV=production WEIR_DATA_DIR=/data WEIR_HOST=0.0.0.0 WEIR_PORT=4000
USER weir
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WEIR_PORT}/weir/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/weir.js"]
CMD ["start"]
