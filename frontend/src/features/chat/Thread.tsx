import { ActionIcon } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import {
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  type ReactNode,
  type Ref,
  type RefObject,
} from 'react';
import { useTranslation } from 'react-i18next';

import { IconArrowDown } from '../../icons';
import classes from './Chat.module.css';
import type { Turn } from './tree';
import { TurnView } from './TurnView';

type Props = { turns: Turn[]; head: ReactNode; handle: Ref<{ toEnd: () => void }> };

const prefersReducedMotion = (): boolean =>
  window.matchMedia('(prefers-reduced-motion: reduce)').matches;

const ESTIMATED_PX = 360;
/** A reader this near to the end counts as being at the end: the thread follows incoming text. */
const AT_END_PX = 48;

/** The turns, virtualized: only rows in sight are in the DOM. At its end it follows incoming text. */
export function Thread({ turns, head, handle }: Props) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = head
    ? ['head', ...turns.map(({ prompt }) => prompt.id)]
    : turns.map(({ prompt }) => prompt.id);
  // eslint-disable-next-line react-hooks/incompatible-library -- we do not use the React Compiler
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATED_PX,
    getItemKey: (index) => rows[index] ?? index,
    overscan: 2,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: AT_END_PX,
    paddingStart: 24,
    paddingEnd: 24,
  });
  const toEnd = (): void => virtual.scrollToEnd();
  useImperativeHandle(handle, () => ({ toEnd }));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- once: a conversation opens at its end
  useLayoutEffect(toEnd, []);
  useKeepEndInSight(scroller);

  const farFromEnd = virtual.getDistanceFromEnd() > AT_END_PX * 4;
  return (
    <div className={classes.threadFrame}>
      <div
        ref={scroller}
        className={classes.thread}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the keyboard scrolls it
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t('chat.thread')}
      >
        <div className={classes.rows} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const turn = turns[head ? index - 1 : index];
            return (
              <div
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                className={classes.row}
                style={{ transform: `translateY(${start}px)` }}
              >
                {turn ? <TurnView turn={turn} last={index === rows.length - 1} /> : head}
              </div>
            );
          })}
        </div>
      </div>
      {farFromEnd && (
        <ActionIcon
          className={classes.toEnd}
          variant="default"
          radius="xl"
          size={38}
          aria-label={t('chat.toEnd')}
          title={t('chat.toEnd')}
          onClick={() =>
            virtual.scrollToEnd({ behavior: prefersReducedMotion() ? 'auto' : 'smooth' })
          }
        >
          <IconArrowDown size={19} />
        </ActionIcon>
      )}
    </div>
  );
}

/** Keeps the end in sight when the thread gets lower: the composer grows, or a banner appears. */
function useKeepEndInSight(scroller: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let height = element.clientHeight;
    const observer = new ResizeObserver(() => {
      const lost = height - element.clientHeight;
      height = element.clientHeight;
      const hidden = element.scrollHeight - element.scrollTop - height;
      if (lost > 0 && hidden <= lost + AT_END_PX) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);
}
