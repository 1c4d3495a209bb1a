import { lazy, Suspense } from 'react';

import type { SharedConversation } from '../../api/types';
import { Bubble } from '../chat/Bubble';
import { intakeOf, turnsOf, type Turn } from '../chat/tree';
import { BotLine } from '../intake/BotLine';
import classes from './SharedPage.module.css';

const Markdown = lazy(() => import('../chat/markdown/Markdown'));

export function SharedThread({ shared }: { shared: SharedConversation }) {
  const intake = intakeOf(shared).filter(({ answer }) => answer !== null);
  return (
    <>
      {intake.map(({ id, prompt, answer }) => (
        <div key={id}>
          <BotLine text={prompt} />
          <Bubble text={answer ?? ''} />
        </div>
      ))}
      {turnsOf(shared, {}).map((turn) => (
        <SharedTurn key={turn.prompt.id} turn={turn} />
      ))}
    </>
  );
}

function SharedTurn({ turn: { prompt, choice } }: { turn: Turn }) {
  return (
    <article>
      {prompt.kind === 'message' && <Bubble text={prompt.answer ?? ''} />}
      {choice && (
        <div className={classes.answer}>
          <Suspense fallback={<p>{choice.content}</p>}>
            <Markdown text={choice.content} />
          </Suspense>
        </div>
      )}
    </article>
  );
}
