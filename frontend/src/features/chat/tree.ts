/**
 * Which turns of a conversation are shown. A conversation is a tree: the parent of a prompt is a
 * choice (or the root), that of a reply a prompt, that of a choice a reply. Pure functions.
 */
import { isOpen, type Choice, type Conversation, type Prompt, type Reply } from '../../api/types';

/** The prompt, reply or choice to show in place of the latest, by `parentKey`, replyKey or choiceKey. */
export type Selection = Readonly<Record<string, string>>;

export type Turn = {
  prompt: Prompt;
  /** This prompt and its edited versions, which are alternatives of each other. */
  variants: Prompt[];
  /** The key to select another variant by. */
  parentKey: string;
  replies: Reply[];
  reply: Reply | null;
  /** The one that the conversation goes on with; null until the reply has ended with text. */
  choice: Choice | null;
};

/** A member's conversation, or one that was shared. */
type Shown = Pick<Conversation, 'prompts' | 'replies'>;

const ROOT = 'root';
export const replyKey = (prompt: string): string => `reply:${prompt}`;
export const choiceKey = (reply: string): string => `choice:${reply}`;

export function intakeOf(conversation: Shown): Prompt[] {
  return conversation.prompts.filter(({ kind }) => kind !== 'message');
}

/** The turns from the root on. The last one's choice is what the next message follows. */
export function turnsOf(conversation: Shown, selection: Selection): Turn[] {
  const tree = new Tree(conversation);
  const latest = tree.pathToLatest();
  const chosen = (key: string): string | undefined => selection[key] ?? latest[key];
  const turns: Turn[] = [];
  for (let parent: string | null = ROOT; parent !== null;) {
    const runs = tree.runs(parent);
    const run =
      runs.find((candidate) => candidate.at(-1)?.id === chosen(parent ?? '')) ?? runs.at(-1);
    if (run === undefined) break;
    const variants = runs.flatMap((candidate) => candidate.slice(-1));
    for (const prompt of run) turns.push(tree.turn(prompt, parent, chosen));
    const last = turns.at(-1);
    if (last === undefined) break;
    last.variants = variants;
    parent = last.choice?.id ?? null;
  }
  return turns;
}

/** The choice that the next message follows: the last shown one with text. */
export function tipOf(turns: Turn[]): Choice | null {
  return (
    turns.findLast(({ choice, reply }) => choice !== null && reply?.status !== 'failed')?.choice ??
    null
  );
}

class Tree {
  private readonly replies = new Map<string, Reply[]>();
  private readonly children = new Map<string, Prompt[]>();
  private readonly prompts: Map<string, Prompt>;
  private readonly owner = new Map<string, Reply>();
  private readonly latest: Reply | undefined;

  constructor({ prompts, replies }: Shown) {
    const sorted = replies.toSorted(
      (a, b) => compare(a.created_at, b.created_at) || compare(a.id, b.id),
    );
    this.latest = sorted.at(-1);
    this.prompts = new Map(prompts.map((prompt) => [prompt.id, prompt]));
    for (const reply of sorted) {
      put(this.replies, reply.prompt, reply);
      for (const choice of reply.choices) this.owner.set(choice.id, reply);
    }
    for (const prompt of prompts.toSorted((a, b) => a.position - b.position)) {
      // Of the intake only the question that was asked with has an answer of the model.
      const hangs = prompt.kind === 'message' || this.replies.has(prompt.id);
      if (hangs) put(this.children, prompt.parent ?? ROOT, prompt);
    }
  }

  /** The selection that shows the reply that was asked for last. */
  pathToLatest(): Record<string, string> {
    const path: Record<string, string> = {};
    let reply = this.latest;
    while (reply !== undefined) {
      const prompt = this.prompts.get(reply.prompt);
      if (prompt === undefined) break;
      path[replyKey(prompt.id)] = reply.id;
      path[prompt.parent ?? ROOT] = this.runOf(prompt);
      reply = prompt.parent === null ? undefined : this.owner.get(prompt.parent);
      if (reply !== undefined && prompt.parent !== null) path[choiceKey(reply.id)] = prompt.parent;
    }
    return path;
  }

  /**
   * The prompts below a choice, as alternatives. One that got no answer is no alternative of the
   * next: it stays visible above it.
   */
  runs(parent: string): Prompt[][] {
    const runs: Prompt[][] = [];
    let run: Prompt[] = [];
    for (const prompt of this.children.get(parent) ?? []) {
      run.push(prompt);
      if (this.isAnswered(prompt)) {
        runs.push(run);
        run = [];
      }
    }
    return run.length > 0 ? [...runs, run] : runs;
  }

  turn(prompt: Prompt, parentKey: string, chosen: (key: string) => string | undefined): Turn {
    const replies = this.replies.get(prompt.id) ?? [];
    const reply =
      replies.find(({ id }) => id === chosen(replyKey(prompt.id))) ?? replies.at(-1) ?? null;
    const choice = reply === null ? null : this.choice(reply, chosen(choiceKey(reply.id)));
    return { prompt, variants: [prompt], parentKey, replies, reply, choice };
  }

  private choice(reply: Reply, chosen: string | undefined): Choice | null {
    if (isOpen(reply.status) || reply.status === 'failed') return null;
    const withText = reply.choices.filter(({ content }) => content !== '');
    return (
      withText.find(({ id }) => id === chosen) ??
      withText.find(({ id }) => this.children.has(id)) ??
      withText[0] ??
      null
    );
  }

  private runOf(prompt: Prompt): string {
    const run = this.runs(prompt.parent ?? ROOT).find((prompts) => prompts.includes(prompt));
    return run?.at(-1)?.id ?? prompt.id;
  }

  private isAnswered(prompt: Prompt): boolean {
    const replies = this.replies.get(prompt.id) ?? [];
    return replies.some(
      ({ status, choices }) =>
        isOpen(status) || (status !== 'failed' && choices.some(({ content }) => content !== '')),
    );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
