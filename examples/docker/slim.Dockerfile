# docker build --file slim.Dockerfile --tag echo .
#
# Debian's C library in both stages: what the first installs runs in the second.

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package*.json ./
# With a lock file: npm ci --omit=dev
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json server.js ./
USER node
EXPOSE 8080
CMD ["node", "server.js"]
