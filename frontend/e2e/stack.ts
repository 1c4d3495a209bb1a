/** The real backend, started by its own launcher with data of its own, and the built client. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';

const CLIENT = fileURLToPath(new URL('..', import.meta.url));
const ROOT = path.dirname(path.resolve(CLIENT));

/** Short, so that a killed worker is noticed in about a second. */
const TIMINGS = {
  WORKER_TICK_SECONDS: '0.2',
  WORKER_LEASE_SECONDS: '1.0',
  WORKER_WAKE_GRACE_SECONDS: '0.6',
  WORKER_DRAIN_SECONDS: '1',
  SOCKET_SWEEP_SECONDS: '0.5',
};

export type Stack = {
  url: string;
  launcher: number;
  /** DATA_DIR; mails are in `mail`. */
  data: string;
  stop: () => Promise<void>;
};

export async function startStack(settings: Record<string, string>): Promise<Stack> {
  const data = await mkdtemp(path.join(tmpdir(), 'malgil-e2e-'));
  const [port, clientPort] = await Promise.all([freePort(), freePort()]);
  const backend = `http://127.0.0.1:${port}`;
  const launcher = spawn(process.env.PYTHON ?? 'python3', ['-m', 'config.launcher'], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...TIMINGS,
      DATA_DIR: data,
      PORT: String(port),
      AUTH_THROTTLES: 'off',
      FRONTEND_ORIGINS: `http://127.0.0.1:${clientPort}`,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await said(launcher, 'Malgil is ready');
  const client = (await servesClient(backend)) ? null : await serveClient(backend, clientPort);
  return {
    url: client ? `http://127.0.0.1:${clientPort}` : backend,
    launcher: launcher.pid ?? 0,
    data,
    stop: async () => {
      await client?.close();
      const ended = new Promise((resolve) => launcher.once('exit', resolve));
      launcher.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The built client, with the backend behind the same address. */
async function serveClient(backend: string, port: number) {
  process.env.MALGIL_BACKEND = backend;
  return preview({ root: CLIENT, preview: { port, host: '127.0.0.1', strictPort: true } });
}

const servesClient = async (backend: string): Promise<boolean> =>
  (await (await fetch(`${backend}/login`)).text()).includes('scheme.js');

/** What a process said, once the words are in it. */
export function said(process: ChildProcess, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const listen = (chunk: Buffer): void => {
      output += String(chunk);
      if (output.includes(words)) resolve(output);
    };
    process.stdout?.on('data', listen);
    process.stderr?.on('data', listen);
    process.once('exit', () => reject(new Error(`It did not start:\n${output}`)));
    process.once('error', reject);
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
