# docker build --file alpine.Dockerfile --tag echo .
#
# Alpine has a C library of its own, musl. The first stage is Alpine, too, and so gets the binary for it; nothing has to be
# added with apk, neither a compiler nor glibc.

FROM node:24-alpine AS dependencies
WORKDIR /app
COPY package*.json ./
# With a lock file: npm ci --omit=dev
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json server.js ./
USER node
EXPOSE 8080
CMD ["node", "server.js"]
