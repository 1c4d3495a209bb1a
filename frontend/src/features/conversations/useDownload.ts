import { notifications } from '@mantine/notifications';

import * as api from '../../api/endpoints';
import type { Summary } from '../../api/types';
import { save } from '../../lib/save';
import { useProblemText } from '../../forms/useProblemText';

const fileName = (title: string): string =>
  title
    .replace(/[\\/:*?"<>|\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 80) || 'malgil';

/** Saves a conversation as a file. */
export function useDownload() {
  const problemText = useProblemText();
  return async (
    { id, title }: Pick<Summary, 'id' | 'title'>,
    format: 'md' | 'json',
  ): Promise<void> => {
    try {
      await save(await api.conversations.download(id, format), `${fileName(title)}.${format}`);
    } catch (error) {
      notifications.show({ color: 'red', message: problemText(error) });
    }
  };
}
