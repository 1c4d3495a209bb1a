/** One function for each endpoint that the client uses; docs and shapes are in the schema. */
import { request, send } from './client';
import type { components } from './schema';
import type {
  ConfigInput,
  Conversation,
  ConversationChange,
  Member,
  Models,
  Profile,
  Prompt,
  Provider,
  Quota,
  Reply,
  ReplyInput,
  Share,
  SharedConversation,
  Signup,
  SummaryPage,
  TokenPair,
} from './types';

export type Session = components['schemas']['Session'];
export type ApiKey = components['schemas']['Key'];
type Signal = { signal?: AbortSignal };

const idempotencyKey = (key: string): Record<string, string> => ({ 'Idempotency-Key': key });
const pathOf = (id: string): string => `conversations/${encodeURIComponent(id)}`;

export const auth = {
  /** Without tokens where the address has to be confirmed by mail first. */
  signUp: (body: Signup) =>
    request<Partial<TokenPair>>('auth/signup', { method: 'POST', body, anonymous: true }),
  logIn: (body: { email: string; password: string }) =>
    request<TokenPair>('auth/login', { method: 'POST', body, anonymous: true }),
  requestReset: (body: { email: string }) =>
    request('auth/password-reset', { method: 'POST', body, anonymous: true }),
  resetPassword: (body: { token: string; password: string }) =>
    request<undefined>('auth/password-reset/confirm', { method: 'POST', body, anonymous: true }),
  requestVerification: (body: { email: string }) =>
    request('auth/email-verification', { method: 'POST', body, anonymous: true }),
  confirmEmail: (body: { token: string }) =>
    request<undefined>('auth/email-verification/confirm', {
      method: 'POST',
      body,
      anonymous: true,
    }),
  logOut: () => request<undefined>('auth/logout', { method: 'POST' }),
  ticket: () => request<{ ticket: string }>('auth/ws-ticket', { method: 'POST' }),
  providers: () => request<Provider[]>('auth/providers', { anonymous: true }),
  exchange: (body: { code: string; verifier: string; email?: string }) =>
    request<TokenPair & { next: string }>('auth/exchange', {
      method: 'POST',
      body,
      anonymous: true,
    }),
};

export const me = {
  get: ({ signal }: Signal = {}) => request<Member>('me', { signal }),
  change: (body: Profile) => request<Member>('me', { method: 'PATCH', body }),
  changePassword: (body: { current_password: string; new_password: string }) =>
    request<undefined>('me/password', { method: 'POST', body }),
  changeEmail: (body: { email: string; password: string }) =>
    request('me/email', { method: 'POST', body }),
  /** The latest hundred. */
  sessions: ({ signal }: Signal = {}) =>
    request<{ results: Session[] }>('me/sessions?page_size=100', { signal }),
  endSession: (id: string) =>
    request<undefined>(`me/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  /** The latest hundred, which is as many as there may be. */
  keys: ({ signal }: Signal = {}) =>
    request<{ results: ApiKey[] }>('me/keys?page_size=100', { signal }),
  createKey: (body: { name: string }) =>
    request<ApiKey & { key: string }>('me/keys', { method: 'POST', body }),
  revokeKey: (id: string) =>
    request<undefined>(`me/keys/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  download: () => send('me/export'),
  remove: (body: { password: string }) => request<undefined>('me', { method: 'DELETE', body }),
};

export const models = ({ signal }: Signal = {}) => request<Models>('models', { signal });
export const quota = ({ signal }: Signal = {}) => request<Quota>('quota', { signal });

export const conversations = {
  page: (
    query: { q?: string; archived?: boolean; cursor?: string | null },
    { signal }: Signal = {},
  ) => {
    const params = new URLSearchParams();
    if (query.q) params.set('q', query.q);
    if (query.archived) params.set('archived', 'true');
    if (query.cursor) params.set('cursor', query.cursor);
    return request<SummaryPage>(`conversations?${params}`, { signal });
  },
  create: (body: { intake: boolean; config?: ConfigInput }) =>
    request<Conversation>('conversations', { method: 'POST', body }),
  get: (id: string, { signal }: Signal = {}) => request<Conversation>(pathOf(id), { signal }),
  change: (id: string, body: ConversationChange) =>
    request<Conversation>(pathOf(id), { method: 'PATCH', body }),
  remove: (id: string) => request<undefined>(pathOf(id), { method: 'DELETE' }),
  restore: (id: string) => request<unknown>(`${pathOf(id)}/restore`, { method: 'POST' }),
  answer: (id: string, prompt: string, answer: string) =>
    request<Prompt>(`${pathOf(id)}/prompts/${prompt}`, { method: 'PATCH', body: { answer } }),
  ask: (id: string, body: ReplyInput, key: string) =>
    request<Reply>(`${pathOf(id)}/replies`, { method: 'POST', body, headers: idempotencyKey(key) }),
  share: (id: string) => request<Share>(`${pathOf(id)}/share`, { method: 'POST' }),
  unshare: (id: string) => request<undefined>(`${pathOf(id)}/share`, { method: 'DELETE' }),
  download: (id: string, format: 'json' | 'md') => send(`${pathOf(id)}/export?format=${format}`),
};

export const replies = {
  get: (id: string, { signal }: Signal = {}) => request<Reply>(`replies/${id}`, { signal }),
  cancel: (id: string) => request<Reply>(`replies/${id}/cancel`, { method: 'POST' }),
  regenerate: (id: string, key: string) =>
    request<Reply>(`replies/${id}/regenerate`, {
      method: 'POST',
      body: {},
      headers: idempotencyKey(key),
    }),
};

export const shared = (token: string, { signal }: Signal = {}) =>
  request<SharedConversation>(`shared/${encodeURIComponent(token)}`, { signal, anonymous: true });
