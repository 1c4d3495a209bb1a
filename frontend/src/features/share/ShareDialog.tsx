import { Button, CopyButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Share } from '../../api/types';
import { ProblemAlert } from '../../forms/ProblemAlert';
import { useSubmit } from '../../forms/useSubmit';

/** The client's own page for the token: the client may live elsewhere than the API. */
const pageOf = ({ token }: Share): string =>
  new URL(`${import.meta.env.BASE_URL}shared/${encodeURIComponent(token)}`, window.location.origin)
    .href;

export default function ShareDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [share, setShare] = useState<Share | null>(null);
  const sharing = useSubmit(async () => setShare(await api.conversations.share(id)));
  const stopping = useSubmit(async () => {
    await api.conversations.unshare(id);
    onClose();
  });
  const error = sharing.error ?? stopping.error;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('share.title')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t('share.text')}
        </Text>
        <ProblemAlert problem={error} />
        {share && (
          <TextInput
            readOnly
            label={t('share.link')}
            value={pageOf(share)}
            onFocus={(event) => event.currentTarget.select()}
          />
        )}
        <Group justify="space-between">
          <Button
            variant="subtle"
            color="red"
            loading={stopping.pending}
            onClick={() => void stopping.submit()}
          >
            {t('share.stop')}
          </Button>
          {share ? (
            <CopyButton value={pageOf(share)}>
              {({ copied, copy }) => (
                <Button onClick={copy}>{copied ? t('chat.copied') : t('share.copy')}</Button>
              )}
            </CopyButton>
          ) : (
            <Button loading={sharing.pending} onClick={() => void sharing.submit()} data-autofocus>
              {t('share.make')}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
