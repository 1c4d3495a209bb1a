import { describe, expect, it } from 'vitest';

import type { Summary } from '../api/types';
import { without, withSummary, type Pages } from './lists';

const row = (id: string, extra: Partial<Summary> = {}): Summary =>
  ({ id, pinned: false, title: id, last_reply: null, ...extra }) as Summary;
const pages = (...results: Summary[][]): Pages => ({
  pages: results.map((page) => ({ next: null, previous: null, results: page })),
  pageParams: results.map(() => null),
});
const ids = (list: Pages) => list.pages.map(({ results }) => results.map(({ id }) => id));

describe('a list of conversations', () => {
  it('takes a new one below the pinned', () => {
    const list = pages([row('p', { pinned: true }), row('a')], [row('b')]);
    expect(ids(withSummary(list, row('new')))).toEqual([['p', 'new', 'a'], ['b']]);
  });

  it('moves one that was asked something to the top', () => {
    const asked = row('b', { last_reply: { id: 'r', status: 'queued' } });
    expect(ids(withSummary(pages([row('a')], [row('b')]), asked))).toEqual([['b', 'a'], []]);
  });

  it('leaves one that was renamed where it is', () => {
    const list = withSummary(pages([row('a'), row('b')]), row('b', { title: 'new' }));
    expect(ids(list)).toEqual([['a', 'b']]);
    expect(list.pages[0]?.results[1]?.title).toBe('new');
  });

  it('puts a pinned one on top', () => {
    expect(ids(withSummary(pages([row('a'), row('b')]), row('b', { pinned: true })))).toEqual([
      ['b', 'a'],
    ]);
  });

  it('takes a first one', () => expect(ids(withSummary(pages([]), row('a')))).toEqual([['a']]));

  it('loses a deleted one', () =>
    expect(ids(without(pages([row('a')], [row('b')]), 'b'))).toEqual([['a'], []]));
});
