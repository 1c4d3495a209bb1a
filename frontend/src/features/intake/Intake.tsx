import type { Conversation, Prompt } from '../../api/types';
import { BotLine } from './BotLine';
import { IntakeAnswer } from './IntakeAnswer';
import { nextQuestion } from './progress';

type Props = {
  prompts: Prompt[];
  conversation: Conversation;
  /** Once something was asked, or the questions were skipped, open ones are not shown. */
  hideOpen: boolean;
};

/** The three questions as a conversation: each appears when the one before is answered. */
export function Intake({ prompts, conversation, hideOpen }: Props) {
  const open = hideOpen ? null : nextQuestion(prompts);
  const shown = prompts.filter((prompt) => prompt.answer !== null || prompt === open);
  return (
    <>
      {shown.map((prompt) => (
        <div key={prompt.id}>
          <BotLine text={prompt.prompt} />
          {prompt.answer !== null && (
            <IntakeAnswer prompt={prompt} fixed={conversation.replies.length > 0} />
          )}
        </div>
      ))}
    </>
  );
}
