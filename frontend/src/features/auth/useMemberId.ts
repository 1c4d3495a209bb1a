import { useSyncExternalStore } from 'react';

import * as session from '../../api/session';

/** The signed-in member's id, or null; follows other tabs. */
export const useMemberId = (): string | null =>
  useSyncExternalStore(session.subscribe, session.memberId);
