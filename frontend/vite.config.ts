import react from '@vitejs/plugin-react';
import { type Plugin, loadEnv } from 'vite';
import { defineConfig } from 'vitest/config';

/** The policy that the built page brings along; a server should send it as a header too. */
export function contentSecurityPolicy(apiBase: string): string {
  const api = apiBase ? ` ${apiBase} ${apiBase.replace(/^http/, 'ws')}` : '';
  return [
    "default-src 'self'",
    "script-src 'self'",
    // Mantine and KaTeX place elements by style attributes and generated <style> elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${api}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}

/** In the build only: the development server itself needs inline scripts. */
function policyInPage(apiBase: string): Plugin {
  return {
    name: 'malgil-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy(apiBase) },
        injectTo: 'head-prepend',
      },
    ],
  };
}

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, process.cwd(), '');
  const backend = env.MALGIL_BACKEND || 'http://127.0.0.1:8000';
  const proxy = { '/api': backend, '/ws': { target: backend.replace(/^http/, 'ws'), ws: true } };
  return {
    base: env.VITE_BASE_PATH || '/',
    plugins: [react(), policyInPage(env.VITE_API_BASE || '')],
    server: { proxy },
    preview: { proxy },
    build: {
      target: 'es2022',
      assetsInlineLimit: 0,
      manifest: true,
      modulePreload: { polyfill: false },
    },
    test: {
      environment: 'jsdom',
      include: ['src/**/*.test.{ts,tsx}'],
      setupFiles: ['src/test/setup.ts'],
    },
  };
});
