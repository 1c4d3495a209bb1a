/** The tab's WebSocket: opens with a ticket, sends heartbeats, renews its token, reconnects. */
import ReconnectingWebSocket from 'partysocket/ws';

import { socketUrl } from '../api/address';
import { auth } from '../api/endpoints';
import * as session from '../api/session';
import { CLOSE, SUBPROTOCOL, type ClientFrame, type ServerFrame } from './protocol';

export type Connection = 'connecting' | 'open' | 'lost';
type Handlers = {
  onFrame: (frame: ServerFrame) => void;
  /** A new connection is ready. Events from before it were not delivered. */
  onReady: () => void;
  onConnection: (connection: Connection) => void;
};

const RECONNECTION = {
  minReconnectionDelay: 500,
  maxReconnectionDelay: 30_000,
  reconnectionDelayGrowFactor: 2,
};
/** The access token is renewed this long before the server would close the socket. */
const RENEWAL_MARGIN_MS = 60_000;
const TOO_MANY_PAUSE_MS = 60_000;

export class LiveSocket {
  private readonly socket: ReconnectingWebSocket;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private answeredSincePing = true;
  /** The server refused a token that had not expired: renew it before asking for the next ticket. */
  private refused = false;

  constructor(private readonly handlers: Handlers) {
    this.socket = new ReconnectingWebSocket(socketUrl, () => this.protocols(), {
      ...RECONNECTION,
      minUptime: 1_000,
      maxEnqueuedMessages: 0,
    });
    this.socket.onmessage = ({ data }) => this.onText(String(data));
    this.socket.onclose = ({ code }) => this.onClose(code);
    window.addEventListener('online', this.retryNow);
    window.addEventListener('offline', this.retryNow);
  }

  stop(): void {
    window.removeEventListener('online', this.retryNow);
    window.removeEventListener('offline', this.retryNow);
    this.stopTimers();
    this.socket.close();
  }

  send(frame: ClientFrame): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Also called on `offline`: a socket may need minutes to notice that the network is gone. */
  private readonly retryNow = (): void => this.socket.reconnect();

  private async protocols(): Promise<string[]> {
    if (this.refused) await session.renew();
    this.refused = false;
    const { ticket } = await auth.ticket();
    return [SUBPROTOCOL, `ticket.${ticket}`];
  }

  private onText(text: string): void {
    const frame = JSON.parse(text) as ServerFrame;
    this.answeredSincePing = true;
    if (frame.type === 'ready') this.onReady(frame);
    else this.handlers.onFrame(frame);
  }

  private onReady(frame: Extract<ServerFrame, { type: 'ready' }>): void {
    this.stopTimers();
    this.heartbeat = setInterval(this.beat, frame.heartbeat_seconds * 1000);
    const left = Date.parse(frame.expires_at) - Date.now();
    this.renewal = setTimeout(
      this.authenticate,
      Math.max(left - RENEWAL_MARGIN_MS, left / 2, 1_000),
    );
    this.handlers.onConnection('open');
    this.handlers.onReady();
  }

  private readonly beat = (): void => {
    if (!this.answeredSincePing) return this.socket.reconnect();
    this.answeredSincePing = false;
    this.send({ type: 'ping' });
  };

  private readonly authenticate = (): void => {
    session.renew().then(
      (access) => this.send({ type: 'authenticate', access }),
      // The server closes with 4401 at `expires_at`; the reconnection then fetches a new ticket.
      () => undefined,
    );
  };

  private onClose(code: number): void {
    this.stopTimers();
    this.handlers.onConnection('lost');
    if (code === CLOSE.notAuthenticated) this.refused = true;
    if (code === CLOSE.badMessage) this.socket.close();
    if (code === CLOSE.tooMany) {
      this.socket.close();
      this.renewal = setTimeout(this.retryNow, TOO_MANY_PAUSE_MS);
    }
  }

  private stopTimers(): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.renewal);
    this.answeredSincePing = true;
  }
}
