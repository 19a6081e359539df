import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The hub serves the page under a policy that allows neither inline scripts nor data: modules (SEC-338). */
export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    reportCompressedSize: true,
  },
});
