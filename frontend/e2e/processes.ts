/** The launcher's own processes, found by their command lines (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

const launcher = (): number => Number(process.env.E2E_LAUNCHER ?? 0);
export const canKill = (): boolean => launcher() > 0;

/** kill -9 for every worker under the launcher, which starts another. */
export function killWorkers(): number {
  const workers = descendants().filter((pid) => /celery.*\bworker\b/.test(commandLine(pid)));
  workers.forEach((pid) => process.kill(pid, 'SIGKILL'));
  return workers.length;
}

/** Where the demo model is, as the worker was told. */
export function modelUrl(): string {
  for (const pid of descendants()) {
    const found = /(?:^|\0)OPENAI_BASE_URL=([^\0]+)/.exec(read(`/proc/${pid}/environ`));
    if (found?.[1]) return found[1].replace(/\/v1\/?$/, '');
  }
  throw new Error('No process of the launcher knows the model.');
}

export async function model(settings: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${modelUrl()}/control`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

export const USUAL = { first_token_ms: 200, tokens_per_second: 60, tokens: 0, fault: 'none' };

function descendants(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const parent = /\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (/^\d+$/.test(name) && parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === launcher() || isOurs(parent));
  };
  return [...parents.keys()].filter(isOurs);
}

const commandLine = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
