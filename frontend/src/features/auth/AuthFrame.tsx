import { Title } from '@mantine/core';
import type { ReactNode } from 'react';

import { Appearance } from '../settings/Appearance';
import classes from './AuthFrame.module.css';
import { Logo } from './Logo';

/** The frame of the pages before login: one column. */
export function AuthFrame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <Logo />
        <Appearance />
      </header>
      <main id="main" className={classes.card} tabIndex={-1}>
        <title>{`${title} · Malgil`}</title>
        <Title order={1} size="h2" mb="lg">
          {title}
        </Title>
        {children}
      </main>
    </div>
  );
}
