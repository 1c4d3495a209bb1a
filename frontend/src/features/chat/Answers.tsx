import { Button, Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { lazy, Suspense, type ComponentType } from 'react';
import { useTranslation } from 'react-i18next';

import type { Reply } from '../../api/types';
import { IconCheck } from '../../icons';
import { useChat } from './context';
import classes from './Reply.module.css';
import { choiceKey } from './tree';

/** Where it cannot be fetched, the text is shown as it is. */
const Markdown = lazy<ComponentType<{ text: string }>>(() =>
  import('./markdown/Markdown').catch(() => ({ default: PlainText })),
);
const PlainText = ({ text }: { text: string }) => <p className={classes.plain}>{text}</p>;

/** `id` is null while it is still coming. */
export type Answer = { id: string | null; index: number; text: string };
type Props = { answers: Answer[]; reply: Reply; chosen: string | null };

/** One answer, or several side by side of which one is picked; tabs where there is no room. */
export function Answers({ answers, reply, chosen }: Props) {
  const { t } = useTranslation();
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const [only] = answers;
  if (answers.length === 1 && only) return <AnswerText text={only.text} />;
  if (!narrow) {
    return (
      <ol className={classes.columns}>
        {answers.map((answer) => (
          <li
            key={answer.index}
            className={classes.column}
            data-chosen={(answer.id === chosen && chosen !== null) || undefined}
          >
            <p className={classes.columnTitle}>{t('chat.choice', { number: answer.index + 1 })}</p>
            <AnswerText text={answer.text} />
            <Pick answer={answer} reply={reply} chosen={chosen} />
          </li>
        ))}
      </ol>
    );
  }
  return (
    <Tabs
      defaultValue={String(answers.find(({ id }) => id === chosen)?.index ?? 0)}
      keepMounted={false}
    >
      <Tabs.List grow mb="sm">
        {answers.map(({ index, id }) => (
          <Tabs.Tab
            key={index}
            value={String(index)}
            rightSection={id !== null && id === chosen ? <IconCheck size={14} /> : null}
          >
            {t('chat.choice', { number: index + 1 })}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {answers.map((answer) => (
        <Tabs.Panel key={answer.index} value={String(answer.index)}>
          <AnswerText text={answer.text} />
          <Pick answer={answer} reply={reply} chosen={chosen} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

function AnswerText({ text }: { text: string }) {
  return (
    <div className={classes.text} data-testid="answer">
      <Suspense fallback={<PlainText text={text} />}>
        <Markdown text={text} />
      </Suspense>
    </div>
  );
}

function Pick({ answer, reply, chosen }: { answer: Answer; reply: Reply; chosen: string | null }) {
  const { t } = useTranslation();
  const { select } = useChat();
  const { id } = answer;
  if (id === null || answer.text === '') return null;
  const picked = id === chosen;
  return (
    <Button
      mt="sm"
      size="xs"
      variant={picked ? 'light' : 'default'}
      leftSection={picked ? <IconCheck size={15} /> : null}
      aria-pressed={picked}
      onClick={() => select(choiceKey(reply.id), id)}
    >
      {picked ? t('chat.picked') : t('chat.pick')}
    </Button>
  );
}
