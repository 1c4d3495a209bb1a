import { Button, Group, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { isComposing } from '../../lib/composing';
import { useProblemText } from '../../forms/useProblemText';
import { useSubmit } from '../../forms/useSubmit';
import classes from './Bubble.module.css';

type Props = {
  text: string;
  save: 'save' | 'send';
  blocked?: boolean;
  onSave: (text: string) => Promise<unknown>;
  onClose: (saved: boolean) => void;
};

/** A bubble being changed. Escape leaves it as it was. */
export function BubbleEditor({ text, save, blocked, onSave, onClose }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(text);
  const problemText = useProblemText();
  const { submit, pending, error } = useSubmit(async () => {
    await onSave(draft);
    onClose(true);
  });
  return (
    <form
      className={classes.editor}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Textarea
        aria-label={t('chat.edit')}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (event.key === 'Escape') onClose(false);
        }}
        autosize
        maxRows={14}
        variant="unstyled"
        dir="auto"
        data-autofocus
        autoFocus
      />
      {error && (
        <Text c="red" size="sm" role="alert">
          {problemText(error)}
        </Text>
      )}
      <Group gap="xs" justify="flex-end" mt="xs">
        <Button variant="default" size="xs" onClick={() => onClose(false)}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" size="xs" loading={pending} disabled={draft.trim() === '' || blocked}>
          {t(save === 'send' ? 'chat.send' : 'app.save')}
        </Button>
      </Group>
    </form>
  );
}
