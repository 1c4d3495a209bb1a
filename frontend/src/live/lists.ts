/** Pure functions that apply live events to the loaded pages of the conversation list. */
import type { InfiniteData } from '@tanstack/react-query';

import type { Summary, SummaryPage } from '../api/types';

export type Pages = InfiniteData<SummaryPage, string | null>;

const rows = (pages: Pages): Summary[] => pages.pages.flatMap(({ results }) => results);

function mapped(pages: Pages, change: (results: Summary[], page: number) => Summary[]): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page, at) => ({ ...page, results: change(page.results, at) })),
  };
}

export const without = (pages: Pages, id: string): Pages =>
  mapped(pages, (results) => results.filter((row) => row.id !== id));

export const replaced = (pages: Pages, summary: Summary): Pages =>
  mapped(pages, (results) => results.map((row) => (row.id === summary.id ? summary : row)));

/**
 * The pages with the summary where the server would list it: in its place, or on top of its group
 * (pinned ones come first) when it is new or was asked something.
 */
export function withSummary(pages: Pages, summary: Summary): Pages {
  const known = rows(pages).find(({ id }) => id === summary.id);
  const stays = known?.pinned === summary.pinned && known.last_reply?.id === summary.last_reply?.id;
  return stays ? replaced(pages, summary) : onTop(without(pages, summary.id), summary);
}

function onTop(pages: Pages, summary: Summary): Pages {
  const above = summary.pinned ? 0 : rows(pages).filter(({ pinned }) => pinned).length;
  let passed = 0;
  let placed = false;
  return mapped(pages, (results, page) => {
    const at = above - passed;
    passed += results.length;
    const last = page === pages.pages.length - 1;
    if (placed || (at > results.length && !last)) return results;
    placed = true;
    return [...results.slice(0, at), summary, ...results.slice(at)];
  });
}
