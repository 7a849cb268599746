import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const server = process.env.PARLOR_SERVER ?? "http://127.0.0.1:5000";
const client = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

export default defineConfig({
  // Relative, so that the page works in whatever folder it is served from.
  base: "./",
  resolve: { alias: { "@parlor/client": client }, dedupe: ["socket.io-client"] },
  server: {
    fs: { allow: ["../.."] },
    proxy: { "/api": server, "/socket.io": { target: server, ws: true } },
  },
  build: { target: "es2022" },
});
