import { useRef, useState } from 'react';

import type { Prompt } from '../../api/types';
import { Bubble } from '../chat/Bubble';
import { BubbleEditor } from '../chat/BubbleEditor';
import { focusAfter } from '../../lib/focus';
import { useSaveAnswer } from './useSaveAnswer';

/** An answer; it can be changed until it was sent to the model. */
export function IntakeAnswer({ prompt, fixed }: { prompt: Prompt; fixed: boolean }) {
  const [editing, setEditing] = useState(false);
  const edit = useRef<HTMLButtonElement>(null);
  const answer = useSaveAnswer();
  if (editing && !fixed) {
    return (
      <BubbleEditor
        text={prompt.answer ?? ''}
        save="save"
        onSave={(text) => answer(prompt, text)}
        onClose={() =>
          focusAfter(
            () => setEditing(false),
            () => edit.current,
          )
        }
      />
    );
  }
  return (
    <Bubble
      text={prompt.answer ?? ''}
      editRef={edit}
      onEdit={fixed ? undefined : () => setEditing(true)}
    />
  );
}
