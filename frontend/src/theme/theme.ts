import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** Jade: calm enough to be the only colour of the page. */
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

const FONTS =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Apple SD Gothic Neo", ' +
  '"Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif';

export const theme = createTheme({
  primaryColor: 'jade',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  colors: { jade },
  fontFamily: FONTS,
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace, "Noto Sans Mono CJK KR"',
  headings: { fontFamily: FONTS, fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
});
