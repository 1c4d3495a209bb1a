/** The frames of `/ws/v1` (docs/protocol.md). */
import type { Quota, Reply, Summary } from '../api/types';

export const SUBPROTOCOL = 'malgil.v1';

export const CLOSE = { badMessage: 4400, notAuthenticated: 4401, tooMany: 4429 } as const;

export type Delta = {
  type: 'reply.delta';
  reply: string;
  conversation: string;
  attempt: number;
  seq: number;
  choice: number;
  text: string;
};
export type Snapshot = {
  type: 'reply.snapshot';
  reply: string;
  conversation: string;
  attempt: number;
  seq: number;
  choices: { index: number; content: string }[];
};
export type Updated = { type: 'reply.updated'; reply: Reply };
export type TextEvent = Delta | Snapshot | Updated;
export type ServerFrame =
  | TextEvent
  | { type: 'ready'; member: string; expires_at: string; heartbeat_seconds: number }
  | { type: 'conversation.updated'; conversation: Summary }
  | { type: 'conversation.deleted'; conversation: string }
  | { type: 'quota.updated'; quota: Quota }
  | { type: 'pong' }
  | { type: 'error'; code: string; detail: string };

export type ClientFrame =
  { type: 'ping' } | { type: 'resync'; reply: string } | { type: 'authenticate'; access: string };
