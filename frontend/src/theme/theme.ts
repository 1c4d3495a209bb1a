import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** The primary colour, and the only one beside red for errors. */
const jade: MantineColorsTuple = [
  '#effcf9',
  '#d5f5ee',
  '#abeade',
  '#79dacb',
  '#4bc2b3',
  '#2ba79a',
  '#1b877e',
  '#0f766e',
  '#115e59',
  '#134e4a',
];

/** Mantine's red, with its strong shades dark enough to be read on white. */
const red: MantineColorsTuple = [
  '#fff5f5',
  '#ffe3e3',
  '#ffc9c9',
  '#ffa8a8',
  '#ff8787',
  '#f06565',
  '#d42b2b',
  '#c92a2a',
  '#b02525',
  '#8f1f1f',
];

const FONTS =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Apple SD Gothic Neo", ' +
  '"Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif';

export const theme = createTheme({
  primaryColor: 'jade',
  // White stands out enough on this shade in both schemes.
  primaryShade: 7,
  colors: { jade, red },
  fontFamily: FONTS,
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace, "Noto Sans Mono CJK KR"',
  headings: { fontFamily: FONTS, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
});
