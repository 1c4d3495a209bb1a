import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useState, type ReactNode } from 'react';

import { apply, catchUp } from './cache';
import type { ServerFrame } from './protocol';
import { LiveSocket, type Connection } from './socket';
import { LiveTexts } from './texts';

type Live = { texts: LiveTexts; connection: Connection };

const LiveContext = createContext<Live | null>(null);

/** Must be below LiveProvider. */
export function useLive(): Live {
  const live = use(LiveContext);
  if (live === null) throw new Error('useLive needs a LiveProvider above it.');
  return live;
}

/** Opens the tab's socket while it is mounted. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>('connecting');
  const [dispatcher] = useState(() => new FrameDispatcher(client));
  useEffect(() => dispatcher.open(setConnection), [dispatcher]);
  return <LiveContext value={{ texts: dispatcher.texts, connection }}>{children}</LiveContext>;
}

/** Hands each frame of the socket to the live texts, the query cache, or both. */
class FrameDispatcher {
  readonly texts = new LiveTexts((reply) => this.socket?.send({ type: 'resync', reply }));
  private socket: LiveSocket | null = null;

  constructor(private readonly client: QueryClient) {}

  open(onConnection: (connection: Connection) => void): () => void {
    const socket = new LiveSocket({
      onFrame: (frame) => this.onFrame(frame),
      // On the first connection, too: what was read before it may have changed since.
      onReady: () => this.catchUp(),
      onConnection,
    });
    this.socket = socket;
    return () => socket.stop();
  }

  private onFrame(frame: ServerFrame): void {
    if (frame.type === 'reply.delta' || frame.type === 'reply.snapshot') {
      this.texts.add(frame);
    } else if (frame.type === 'reply.updated') {
      // The text is flushed first, so that a terminal status never shows with half of its text.
      this.texts.add(frame);
      this.texts.flush();
      apply(this.client, frame);
    } else apply(this.client, frame);
  }

  private catchUp(): void {
    catchUp(this.client).forEach((reply) => this.socket?.send({ type: 'resync', reply }));
  }
}
