import type { ComponentProps, ComponentType } from 'react';

type SvgProps = Omit<ComponentProps<'svg'>, 'stroke'>;
type FilledProps = SvgProps & {
  /** Width and height, in pixels. */
  size?: number;
};
type OutlineProps = FilledProps & {
  /** The width of the lines, of a drawing 24 wide. */
  stroke?: number;
};

const FRAME = { xmlns: 'http://www.w3.org/2000/svg', viewBox: '0 0 24 24' };

/** An icon of lines, one for each path (the `d` of a `<path>`). */
export function outline(...paths: string[]): ComponentType<OutlineProps> {
  const drawing = drawn(paths);
  return function Icon({ size = 24, stroke = 2, ...rest }) {
    return (
      <svg
        {...FRAME}
        width={size}
        height={size}
        fill="none"
        stroke="currentColor"
        strokeWidth={stroke}
        strokeLinecap="round"
        strokeLinejoin="round"
        {...rest}
      >
        {drawing}
      </svg>
    );
  };
}

/** An icon of areas. */
export function filled(...paths: string[]): ComponentType<FilledProps> {
  const drawing = drawn(paths);
  return function Icon({ size = 24, ...rest }) {
    return (
      <svg {...FRAME} width={size} height={size} fill="currentColor" stroke="none" {...rest}>
        {drawing}
      </svg>
    );
  };
}

const drawn = (paths: string[]) => paths.map((path) => <path key={path} d={path} />);
