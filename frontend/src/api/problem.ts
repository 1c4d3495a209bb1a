import type { ProblemBody } from './types';

/** Why a request was refused (RFC 9457), or that it never arrived (`code` is `network`). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly status: number;
  readonly errors: { field: string; detail: string }[];
  readonly retryAfterSeconds: number | null;

  constructor(
    body: Partial<ProblemBody> & { code: string; status: number },
    retryAfter?: string | null,
  ) {
    super(body.detail ?? body.title ?? body.code);
    this.code = body.code;
    this.status = body.status;
    this.errors = body.errors ?? [];
    const seconds = Number(retryAfter ?? NaN);
    this.retryAfterSeconds = Number.isFinite(seconds) ? seconds : null;
  }

  /** Whether the same request may succeed later without a change. */
  get isTransient(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

export const network = (): Problem => new Problem({ code: 'network', status: 0 });

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as Partial<ProblemBody> | null;
  const code = body?.code ?? `http_${response.status}`;
  return new Problem(
    { ...body, code, status: response.status },
    response.headers.get('Retry-After'),
  );
}

export const codeOf = (error: unknown): string =>
  error instanceof Problem ? error.code : 'unexpected';
