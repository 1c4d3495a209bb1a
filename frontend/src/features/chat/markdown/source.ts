/** Changes to a block's source before it is parsed: math delimiters, link definitions. */

const CODE = /(`+)[\s\S]*?\1/;
const DEFINITION = /^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*\S+.*$/gm;

/** Mathematics as models write it (`\(x\)`, `\[x\]`, `$x^2$`) in the form that remark-math reads. */
export function withMath(block: string): string {
  const code = CODE.exec(block);
  if (code === null) return mathIn(block);
  const after = code.index + code[0].length;
  return mathIn(block.slice(0, code.index)) + code[0] + withMath(block.slice(after));
}

const mathIn = (text: string): string =>
  text
    .replace(/\\\[([\s\S]+?)\\\]/g, (_, tex: string) => `\n$$$$\n${tex.trim()}\n$$$$\n`)
    .replace(/\\\((.+?)\\\)/g, (_, tex: string) => `$$$$${tex.trim()}$$$$`)
    // A pair of dollars is mathematics only if it looks so: prices come in pairs, too.
    .replace(/(?<![\w$\\])\$(?=[^\s$])([^$\n]*?[^\s$\\])\$(?![\w$])/g, (whole, tex: string) =>
      /[\\^_=+<>]|^[A-Za-z]$/.test(tex) ? `$$$$${tex}$$$$` : whole,
    );

export const hasMath = (block: string): boolean => block.includes('$$');

/** Link definitions of the whole text, which a block that is parsed alone would miss. */
export const definitionsIn = (text: string): string => text.match(DEFINITION)?.join('\n') ?? '';
