import { ActionIcon, Textarea } from '@mantine/core';
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { IconArrowUp, IconPlayerStopFilled } from '../../icons';
import { isComposing } from '../../lib/composing';
import { isTouch, offerFocus } from '../../lib/focus';
import classes from './Composer.module.css';

type Props = {
  value: string;
  onChange: (text: string) => void;
  onSend: () => void;
  /** While an answer is coming: the button stops it. */
  onStop?: (() => void) | undefined;
  /** Nothing can be sent now; typing is always possible. */
  blocked?: boolean;
  pending?: boolean;
  label: string;
  placeholder: string;
  notice?: ReactNode;
  footer?: ReactNode;
};

export const COMPOSER = 'data-composer';

export function Composer(props: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => offerFocus(field.current), []);
  const empty = props.value.trim() === '';
  const canSend = !empty && !props.blocked && !props.pending && !props.onStop;
  const onKeyDown = (event: KeyboardEvent): void => {
    // On a touch screen there is no Shift + Enter, so Enter is the new line there.
    if (event.key !== 'Enter' || event.shiftKey || isComposing(event) || isTouch()) return;
    event.preventDefault();
    if (canSend) props.onSend();
  };
  return (
    <form
      className={classes.composer}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) props.onSend();
        offerFocus(field.current);
      }}
    >
      {props.notice}
      <div className={classes.box}>
        <Textarea
          {...{ [COMPOSER]: true }}
          ref={field}
          aria-label={props.label}
          placeholder={props.placeholder}
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          autosize
          minRows={1}
          maxRows={10}
          variant="unstyled"
          className={classes.input}
          dir="auto"
        />
        {props.onStop ? (
          <ActionIcon
            type="button"
            size={40}
            radius="xl"
            aria-label={t('chat.stop')}
            onClick={() => {
              props.onStop?.();
              offerFocus(field.current);
            }}
          >
            <IconPlayerStopFilled size={18} />
          </ActionIcon>
        ) : (
          <ActionIcon
            type="submit"
            size={40}
            radius="xl"
            aria-label={t('chat.send')}
            disabled={empty || props.blocked}
            loading={props.pending}
          >
            <IconArrowUp size={21} stroke={2.2} />
          </ActionIcon>
        )}
      </div>
      <div className={classes.footer}>{props.footer}</div>
    </form>
  );
}
