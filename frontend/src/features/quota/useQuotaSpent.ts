import { useQuery } from '@tanstack/react-query';

import { quota } from '../../data/queries';

export const useQuotaSpent = (): boolean => useQuery(quota).data?.remaining === 0;
