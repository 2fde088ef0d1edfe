import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// While developing, `npm run dev` proxies to a platform started with `azuraforge up`.
const platform = process.env["AZURAFORGE_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/",
  plugins: [react()],
  build: { outDir: "dist", target: "es2022", manifest: true, chunkSizeWarningLimit: 700 },
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
