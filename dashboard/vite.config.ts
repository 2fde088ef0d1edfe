import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// While developing, `npm run dev` proxies to a platform started with `azuraforge up`.
const platform = process.env["AZURAFORGE_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/",
  plugins: [react()],
  build: {
    outDir: "dist",
    target: "es2022",
    manifest: true,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // A browser loads six files at a time: dozens of small chunks delay a first visit more than a few unused kilobytes.
        codeSplitting: {
          groups: [
            { name: "main", tags: ["$initial"], test: (id) => !id.endsWith("main.tsx") && !id.endsWith(".html"), priority: 2 },
            { name: "parts", minShareCount: 9, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/api": { target: platform, ws: true, changeOrigin: true },
      "/healthz": platform,
      "/docs": platform,
    },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/testing.ts"],
    restoreMocks: true,
    maxWorkers: 2,
    testTimeout: 120_000,
  },
});
