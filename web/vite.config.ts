import { defineConfig } from "vite";

// The page is served under a policy without inline scripts, styles or data: addresses, so nothing is inlined.
export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `npx vite` while `nudge label` runs: the page of the working tree on the server's data.
  server: { proxy: { "/api": process.env["NUDGE_LABEL"] ?? "http://127.0.0.1:8770" } },
});
