import { Alert, Button, Group, Modal, NumberInput, Select, Switch, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import * as api from '../../api/endpoints';
import type { Config, Conversation } from '../../api/types';
import { models } from '../../data/queries';
import { Form } from '../../forms/Form';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import { usePutConversation } from '../conversations/usePutConversation';

type Props = { conversation: Conversation; onClose: () => void };

/** What the model is asked with in this conversation. An empty field is not sent. */
export default function ConfigDialog({ conversation, onClose }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(models);
  const [config, setConfig] = useState<Config>(conversation.config);
  const put = usePutConversation();
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async () => {
    put(await api.conversations.change(conversation.id, { config }));
    onClose();
  });
  const set = (change: Partial<Config>): void => setConfig({ ...config, ...change });
  const number = (value: number | string): number | null =>
    typeof value === 'number' ? value : null;
  const bounds = data?.bounds;
  const names = [...new Set([config.model, ...(data?.models.map(({ id }) => id) ?? [])])];
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('config.title')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Form onSubmit={() => submit()}>
        {error && (
          <Alert color="red" role="alert">
            {error.errors[0]?.detail ?? problemText(error)}
          </Alert>
        )}
        <Select
          label={t('config.model')}
          data={names}
          value={config.model}
          onChange={(model) => model !== null && set({ model })}
          allowDeselect={false}
          data-autofocus
        />
        <Group grow align="start">
          <NumberInput
            label={t('config.temperature')}
            placeholder={t('config.unset')}
            value={config.temperature ?? ''}
            onChange={(value) => set({ temperature: number(value) })}
            min={bounds?.temperature.min ?? 0}
            max={bounds?.temperature.max ?? 2}
            step={0.1}
            decimalScale={2}
          />
          <NumberInput
            label={t('config.maxTokens')}
            placeholder={t('config.unset')}
            value={config.max_tokens ?? ''}
            onChange={(value) => set({ max_tokens: number(value) })}
            min={bounds?.max_tokens.min ?? 1}
            max={bounds?.max_tokens.max}
            step={100}
            allowDecimal={false}
          />
        </Group>
        <NumberInput
          label={t('config.n')}
          description={t('config.nText')}
          value={config.n ?? 1}
          onChange={(value) => set({ n: number(value) })}
          min={bounds?.n.min ?? 1}
          max={bounds?.n.max ?? 4}
          allowDecimal={false}
        />
        <Textarea
          label={t('config.system')}
          description={t('config.systemText')}
          value={config.system ?? ''}
          onChange={(event) => set({ system: event.currentTarget.value || null })}
          autosize
          minRows={3}
          maxRows={10}
        />
        <Switch
          label={t('config.stream')}
          checked={config.stream}
          onChange={(event) => set({ stream: event.currentTarget.checked })}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button type="submit" loading={pending}>
            {t('app.save')}
          </Button>
        </Group>
      </Form>
    </Modal>
  );
}
