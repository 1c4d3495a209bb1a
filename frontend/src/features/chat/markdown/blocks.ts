/**
 * Cuts Markdown into blocks that can be parsed alone, so that a streamed answer parses only its
 * end again and the rest keeps its elements. Pure.
 */
export type Split = { text: string; starts: number[]; blocks: string[] };

export const NO_TEXT: Split = { text: '', starts: [], blocks: [] };

const FENCE = /^\s*(`{3,}|~{3,})/;
const ITEM = /^\s{0,3}(?:[-*+]|\d{1,9}[.)])(?:\s|$)/;
const INDENTED = /^(?: {2,}|\t)/;
const FOOTNOTE = /^\[\^[^\]]+\]:/;

/** The blocks of `text`; of a text that goes on where `before` ended only the end is looked at. */
export function advance(before: Split, text: string): Split {
  if (text === before.text) return before;
  // The last boundary stands only once the line after it is whole, so two blocks are done again.
  const kept = text.startsWith(before.text) ? Math.max(0, before.starts.length - 2) : 0;
  const from = before.starts[kept] ?? 0;
  const starts = [...before.starts.slice(0, kept), ...startsIn(text, kept === 0 ? 0 : from)];
  const blocks = starts.map((start, index) =>
    index < kept
      ? (before.blocks[index] ?? '')
      : text.slice(start, starts[index + 1] ?? text.length),
  );
  return { text, starts, blocks };
}

/** Where blocks begin, `from` being the beginning of one. */
function startsIn(text: string, from: number): number[] {
  const starts: number[] = [];
  const scanner = new Scanner();
  for (let at = from; at < text.length;) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    if (scanner.begins(text.slice(at, next).trimEnd()) || starts.length === 0) starts.push(at);
    at = next;
  }
  return starts;
}

class Scanner {
  private fence: string | null = null;
  private math: string | null = null;
  private afterBlank = false;
  private afterFence = false;
  private inList = false;
  private empty = true;

  /** Takes the next line; whether a block begins with it. */
  begins(line: string): boolean {
    if (this.fence !== null) return this.insideFence(line);
    if (this.math !== null) return this.insideMath(line);
    if (line.trim() === '') {
      this.afterBlank = true;
      return false;
    }
    const begins = this.isBoundary(line);
    this.open(line);
    if (begins) this.inList = ITEM.test(line);
    else if (this.empty) this.inList = ITEM.test(line);
    this.afterBlank = this.afterFence = this.empty = false;
    return begins;
  }

  private isBoundary(line: string): boolean {
    if (this.empty || FOOTNOTE.test(line)) return false;
    if (this.afterFence) return true;
    if (this.inList) return this.afterBlank && !ITEM.test(line) && !INDENTED.test(line);
    if (/^(`{3,}|~{3,})/.test(line)) return true;
    return this.afterBlank && !INDENTED.test(line);
  }

  private open(line: string): void {
    this.fence = FENCE.exec(line)?.[1] ?? null;
    if (this.fence !== null) return;
    const trimmed = line.trim();
    if (trimmed.startsWith('$$') && !trimmed.slice(2).includes('$$')) this.math = '$$';
    if (trimmed.startsWith('\\[') && !trimmed.includes('\\]')) this.math = '\\]';
  }

  private insideFence(line: string): boolean {
    const mark = FENCE.exec(line)?.[1];
    const closes = mark !== undefined && this.fence !== null && mark.startsWith(this.fence);
    if (closes && line.trim() === mark) {
      this.fence = null;
      this.afterFence = !this.inList;
    }
    return false;
  }

  private insideMath(line: string): boolean {
    if (this.math !== null && line.includes(this.math)) this.math = null;
    return false;
  }
}
