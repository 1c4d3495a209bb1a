import { notifications } from '@mantine/notifications';

import * as api from '../../api/endpoints';
import type { Summary } from '../../api/types';
import { useProblemText } from '../../lib/useProblemText';

/** Saves a conversation as a file. A link cannot: the request carries the access token. */
export function useDownload() {
  const problemText = useProblemText();
  return async (
    { id, title }: Pick<Summary, 'id' | 'title'>,
    format: 'md' | 'json',
  ): Promise<void> => {
    try {
      const response = await api.conversations.download(id, format);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await response.blob());
      link.download = `${
        title
          .replace(/[\\/:*?"<>|\p{Cc}]+/gu, ' ')
          .trim()
          .slice(0, 80) || 'malgil'
      }.${format}`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      notifications.show({ color: 'red', message: problemText(error) });
    }
  };
}
