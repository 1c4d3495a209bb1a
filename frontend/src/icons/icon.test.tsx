import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import { show } from '../test/render';
import { filled, outline } from './icon';

const IconLine = outline('M5 12h14', 'M12 5v14');
const IconArea = filled('M4 4h16v16h-16z');

it('draws lines in the size and with the stroke it is given', () => {
  show(<IconLine size={17} stroke={1.6} className="mine" aria-label="plus" />);

  const icon = screen.getByLabelText('plus');
  expect(icon).toHaveAttribute('width', '17');
  expect(icon).toHaveAttribute('height', '17');
  expect(icon).toHaveAttribute('stroke', 'currentColor');
  expect(icon).toHaveAttribute('stroke-width', '1.6');
  expect(icon).toHaveAttribute('fill', 'none');
  expect(icon).toHaveClass('mine');
  expect(icon.querySelectorAll('path')).toHaveLength(2);
});

it('is 24 wide with lines of 2 where nothing else is said', () => {
  show(<IconLine aria-label="plus" />);

  const icon = screen.getByLabelText('plus');
  expect(icon).toHaveAttribute('width', '24');
  expect(icon).toHaveAttribute('stroke-width', '2');
});

it('fills areas with the color of the text', () => {
  show(<IconArea size={18} aria-label="stop" />);

  const icon = screen.getByLabelText('stop');
  expect(icon).toHaveAttribute('width', '18');
  expect(icon).toHaveAttribute('fill', 'currentColor');
  expect(icon).toHaveAttribute('stroke', 'none');
});

it('is not seen by assistive technology that it is hidden from', () => {
  show(<IconLine role="img" aria-hidden="true" />);

  expect(screen.queryByRole('img')).toBeNull();
  expect(screen.getByRole('img', { hidden: true })).toBeInTheDocument();
});

it('gives its element to a ref', () => {
  let drawing: SVGSVGElement | null = null;
  show(<IconLine ref={(element) => void (drawing = element)} aria-label="plus" />);

  expect(drawing).toBe(screen.getByLabelText('plus'));
});
