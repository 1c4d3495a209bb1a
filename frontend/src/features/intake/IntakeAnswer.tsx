import { useState } from 'react';

import type { Prompt } from '../../api/types';
import { Bubble } from '../chat/Bubble';
import { BubbleEditor } from '../chat/BubbleEditor';
import { useAnswering } from './useAnswering';

/** An answer; it can be changed until it was sent to the model. */
export function IntakeAnswer({ prompt, fixed }: { prompt: Prompt; fixed: boolean }) {
  const [editing, setEditing] = useState(false);
  const answer = useAnswering();
  if (editing && !fixed) {
    return (
      <BubbleEditor
        text={prompt.answer ?? ''}
        save="save"
        onSave={(text) => answer(prompt, text)}
        onClose={() => setEditing(false)}
      />
    );
  }
  return <Bubble text={prompt.answer ?? ''} onEdit={fixed ? undefined : () => setEditing(true)} />;
}
