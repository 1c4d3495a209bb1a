import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';

import { show } from '../../test/render';
import { Pager } from './Pager';

/** As in a conversation: another version is another element. */
function Versions() {
  const [at, setAt] = useState(2);
  return <Pager key={at} name="reply:p1" label="Answers" count={3} at={at} onGo={setAt} />;
}

it('keeps the keyboard on its arrows while the versions change', async () => {
  show(<Versions />);
  await userEvent.click(screen.getByRole('button', { name: 'Previous' }));
  expect(screen.getByText('2/3')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Previous' })).toHaveFocus();
  await userEvent.keyboard('{Enter}');
  expect(screen.getByText('1/3')).toBeVisible();
  expect(screen.getByRole('button', { name: 'Next' })).toHaveFocus();
});
