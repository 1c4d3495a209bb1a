import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { type Plugin, defineConfig, loadEnv } from 'vite';

/**
 * What the page may load and talk to: its own server, the API's, and nothing a message could name.
 * The built page brings it along; Malgil's server also sends it as a header (config/http/home.py).
 */
export function contentSecurityPolicy(apiBase: string): string {
  const api = apiBase ? ` ${apiBase} ${apiBase.replace(/^http/, 'ws')}` : '';
  return [
    "default-src 'none'",
    "script-src 'self'",
    // Mantine and KaTeX place elements by style attributes and generated <style> elements.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self'${api}`,
    "manifest-src 'self'",
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

const COMPRESSIBLE = /\.(js|css|html|svg|json|webmanifest|txt|ttf)$/;
const variants = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Beside each built file the same as `.br` and `.gz`, where that is smaller; servers choose. */
function compressedFiles(): Plugin {
  let folder = '';
  return {
    name: 'malgil-compressed',
    apply: 'build',
    configResolved: (config) => {
      folder = path.resolve(config.root, config.build.outDir);
    },
    closeBundle: async () => {
      const names = await readdir(folder, { recursive: true });
      const files = names.filter((name) => COMPRESSIBLE.test(name));
      await Promise.all(files.map((name) => writeVariants(path.join(folder, name))));
    },
  };
}

async function writeVariants(file: string): Promise<void> {
  const content = await readFile(file);
  for (const [ending, compress] of Object.entries(variants)) {
    const compressed = await compress(content);
    if (compressed.length < content.length) await writeFile(`${file}.${ending}`, compressed);
  }
}

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, process.cwd(), '');
  const backend = env.MALGIL_BACKEND || 'http://127.0.0.1:8000';
  const proxy = { '/api': backend, '/ws': { target: backend.replace(/^http/, 'ws'), ws: true } };
  return {
    base: env.VITE_BASE_PATH || '/',
    plugins: [react(), policyInPage(env.VITE_API_BASE || ''), compressedFiles()],
    server: { proxy },
    preview: { proxy },
    build: {
      target: 'es2022',
      assetsInlineLimit: 0,
      manifest: true,
      modulePreload: { polyfill: false },
    },
  };
});
