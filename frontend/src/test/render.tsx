import { MantineProvider } from '@mantine/core';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';

import { theme } from '../theme/theme';

/** With what every component has around it; without transitions. */
export const wrapped = (element: ReactNode) => (
  <MantineProvider theme={theme} env="test">
    {element}
  </MantineProvider>
);

export const show = (element: ReactNode) => render(wrapped(element));
