/** A block that is one fenced code block and nothing else, also while it is still coming. */
export type Fence = { language: string; code: string; closed: boolean };

const OPENING = /^(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*(?:\n|$)/;

export function fenceOf(block: string): Fence | null {
  const opening = OPENING.exec(block);
  if (opening === null) return null;
  const [head, mark = '', language = ''] = opening;
  const body = block.slice(head.length);
  const closing = new RegExp(`(?:^|\\n)[ \\t]{0,3}${mark[0] ?? ''}{${mark.length},}\\s*$`).exec(
    body,
  );
  return {
    language,
    code: closing ? body.slice(0, closing.index) : body,
    closed: closing !== null,
  };
}
