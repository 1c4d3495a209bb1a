import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import en from './en.json';
import ko from './ko.json';

type Tree = { [key: string]: string | Tree };

const flat = (tree: Tree, prefix = ''): Record<string, string> =>
  Object.assign(
    {},
    ...Object.entries(tree).map(([key, value]) =>
      typeof value === 'string' ? { [prefix + key]: value } : flat(value, `${prefix}${key}.`),
    ),
  ) as Record<string, string>;

const [english, korean] = [flat(en), flat(ko)];
const variables = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name).sort();

const SOURCES = path.resolve(import.meta.dirname, '..');
const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !/\.test\.|\.d\.ts$|^test\//.test(file),
);

describe('the catalogues', () => {
  it('have the same keys', () =>
    expect(Object.keys(korean).sort()).toEqual(Object.keys(english).sort()));

  it.each(Object.keys(english))('have the same variables in %s, and text', (key) => {
    expect(korean[key]?.trim()).toBeTruthy();
    expect(variables(korean[key] ?? '')).toEqual(variables(english[key] ?? ''));
  });

  it.each(Object.keys(english))('are in their language: %s', (key) => {
    expect(english[key]).not.toMatch(/[\u3131-\ud7a3]/);
    const words = korean[key]?.replace(/\{\{\w+\}\}/g, '') ?? '';
    expect(words).toMatch(/[\uac00-\ud7a3]/);
  });
});

describe('the sources', () => {
  it.each(files)('%s shows no text that is not in the catalogues', (file) => {
    expect(literals(file)).toEqual([]);
  });
});

/** Attributes that are read by people. */
const READ = new Set(['aria-label', 'title', 'label', 'placeholder', 'description', 'alt']);
/** Our name, and what stands between two of those who are named. */
const ALLOWED = /^(Malgil|[\s·+/]*)$/;

/** Text in JSX, and in attributes that people read. */
function literals(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(path.join(SOURCES, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TSX,
  );
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) found.push(node.text.trim());
    if (
      ts.isJsxAttribute(node) &&
      READ.has(node.name.getText()) &&
      node.initializer &&
      ts.isStringLiteral(node.initializer)
    ) {
      found.push(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.filter((text) => text !== '' && !ALLOWED.test(text));
}
