# docker buildx build --file cross.Dockerfile --platform linux/amd64,linux/arm64 --tag echo .
#
# Images for two processors from one machine: npm runs on that machine's own, not under emulation, and is told for which
# system it installs.

FROM --platform=$BUILDPLATFORM node:24-slim AS dependencies
ARG TARGETARCH
WORKDIR /app
COPY package*.json ./
# Docker says amd64 where Node says x64. The last stage is Alpine: musl.
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund \
    --os=linux --cpu="$(echo "$TARGETARCH" | sed s/amd64/x64/)" --libc=musl

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json server.js ./
USER node
EXPOSE 8080
CMD ["node", "server.js"]
