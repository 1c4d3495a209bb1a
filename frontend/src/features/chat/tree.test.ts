import { describe, expect, it } from 'vitest';

import type { Prompt, Reply } from '../../api/types';
import { choiceKey, replyKey, tipOf, turnsOf, type Selection } from './tree';

let clock = 0;
const prompt = (
  id: string,
  parent: string | null = null,
  kind: Prompt['kind'] = 'message',
): Prompt => ({
  id,
  kind,
  prompt: '',
  answer: id,
  parent,
  position: (clock += 1),
});
const reply = (
  id: string,
  of: string,
  texts: string[],
  status: Reply['status'] = 'completed',
): Reply =>
  ({
    id,
    prompt: of,
    status,
    created_at: String((clock += 1)).padStart(4, '0'),
    choices: texts.map((content, index) => ({ id: `${id}${index}`, index, content })),
  }) as Reply;
const shown = (prompts: Prompt[], replies: Reply[], selection: Selection = {}) =>
  turnsOf({ prompts, replies }, selection);
const ids = (turns: ReturnType<typeof shown>) =>
  turns.map((turn) => `${turn.prompt.id}/${turn.reply?.id ?? '-'}`);

describe('turnsOf', () => {
  it('follows the choices from the root', () => {
    const turns = shown(
      [prompt('a'), prompt('b', 'r10')],
      [reply('r1', 'a', ['A']), reply('r2', 'b', ['B'])],
    );
    expect(ids(turns)).toEqual(['a/r1', 'b/r2']);
    expect(tipOf(turns)?.id).toBe('r20');
  });

  it('shows what was asked last, and others when they are selected', () => {
    const prompts = [prompt('a'), prompt('b', 'r10'), prompt('edited', 'r10')];
    const replies = [
      reply('r1', 'a', ['A']),
      reply('r2', 'b', ['B']),
      reply('r3', 'edited', ['C']),
    ];
    expect(ids(shown(prompts, replies))).toEqual(['a/r1', 'edited/r3']);
    expect(ids(shown(prompts, replies, { r10: 'b' }))).toEqual(['a/r1', 'b/r2']);
    expect(
      shown(prompts, replies)
        .at(-1)
        ?.variants.map(({ id }) => id),
    ).toEqual(['b', 'edited']);
  });

  it('keeps earlier answers of a regenerated prompt', () => {
    const replies = [reply('r1', 'a', ['A']), reply('r2', 'a', ['B'])];
    expect(ids(shown([prompt('a')], replies))).toEqual(['a/r2']);
    expect(ids(shown([prompt('a')], replies, { [replyKey('a')]: 'r1' }))).toEqual(['a/r1']);
  });

  it('goes on with the choice that the next prompt hangs on, or that was picked', () => {
    const one = [reply('r1', 'a', ['A', 'B'])];
    expect(tipOf(shown([prompt('a')], one))?.id).toBe('r10');
    expect(tipOf(shown([prompt('a')], one, { [choiceKey('r1')]: 'r11' }))?.id).toBe('r11');
    const two = shown([prompt('a'), prompt('b', 'r11')], [...one, reply('r2', 'b', ['C'])]);
    expect(ids(two)).toEqual(['a/r1', 'b/r2']);
  });

  it('keeps a message whose reply failed visible above the next', () => {
    const prompts = [prompt('a'), prompt('failed', 'r10'), prompt('next', 'r10')];
    const replies = [
      reply('r1', 'a', ['A']),
      reply('r2', 'failed', [], 'failed'),
      reply('r3', 'next', ['B']),
    ];
    const turns = shown(prompts, replies);
    expect(ids(turns)).toEqual(['a/r1', 'failed/r2', 'next/r3']);
    expect(turns.at(-1)?.variants).toHaveLength(1);
  });

  it('hangs the next message on the last choice with text', () => {
    const prompts = [prompt('a'), prompt('failed', 'r10')];
    const turns = shown(prompts, [reply('r1', 'a', ['A']), reply('r2', 'failed', [], 'failed')]);
    expect(tipOf(turns)?.id).toBe('r10');
  });

  it('shows the reply to an intake, whose questions stand elsewhere', () => {
    const prompts = [
      prompt('s', null, 'current_state'),
      prompt('g', null, 'goal'),
      prompt('m', null, 'misc'),
    ];
    expect(shown(prompts, [])).toEqual([]);
    expect(ids(shown(prompts, [reply('r1', 'm', ['A'])]))).toEqual(['m/r1']);
  });
});
