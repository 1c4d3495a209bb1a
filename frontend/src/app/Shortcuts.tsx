import { Kbd, Modal, Table } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';

import { COMPOSER } from '../features/chat/Composer';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const MOD = isMac ? '⌘' : 'Ctrl';

const KEYS = [
  { keys: [MOD, 'K'], does: 'shortcuts.search' },
  { keys: [MOD, 'Shift', 'O'], does: 'shortcuts.new' },
  { keys: [MOD, 'B'], does: 'shortcuts.list' },
  { keys: ['Shift', 'Esc'], does: 'shortcuts.composer' },
  { keys: ['Enter'], does: 'shortcuts.send' },
  { keys: ['Shift', 'Enter'], does: 'shortcuts.line' },
  { keys: [MOD, '/'], does: 'shortcuts.help' },
] as const;

const focus = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

/** The keyboard shortcuts that work on every page, and the dialog that lists them. */
export function Shortcuts({ onToggleList }: { onToggleList: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [opened, { toggle, close }] = useDisclosure(false);
  /** The search field is in the sidebar, so a closed sidebar is opened first. */
  const search = (): void => {
    if (document.querySelector('[data-search]') === null) flushSync(onToggleList);
    focus('[data-search]');
  };
  useHotkeys(
    [
      ['mod+K', search],
      ['mod+shift+O', () => void navigate('/')],
      ['mod+B', onToggleList],
      ['shift+Escape', () => focus(`[${COMPOSER}]`)],
      ['mod+/', toggle],
    ],
    // These work in text fields, too. "?" below does not: there it is a character.
    [],
  );
  useHotkeys([['shift+?', toggle]]);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t('shortcuts.title')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Table>
        <Table.Tbody>
          {KEYS.map(({ keys, does }) => (
            <Table.Tr key={does}>
              <Table.Td>{t(does)}</Table.Td>
              <Table.Td ta="end" style={{ whiteSpace: 'nowrap' }}>
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && ' + '}
                    <Kbd>{key}</Kbd>
                  </span>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
