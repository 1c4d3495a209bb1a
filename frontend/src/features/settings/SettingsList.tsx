import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import type { Problem } from '../../api/problem';
import { ProblemAlert } from '../../forms/ProblemAlert';

/** A list in a section of the settings. */
export function SettingsList({ mt = 0, children }: { mt?: 0 | 'md'; children: ReactNode }) {
  return (
    <Stack component="ul" gap="sm" p={0} mt={mt} mb={0} mx={0} style={{ listStyle: 'none' }}>
      {children}
    </Stack>
  );
}

type ItemProps = {
  name: string;
  /** The whole name, where `name` is too long for its line or only a part of it. */
  title: string;
  detail: string;
  problem: Problem | null;
  /** What can be done with it. */
  children: ReactNode;
};

/** One entry, with a button or badge at its end, and why the button's request was refused. */
export function SettingsItem({ name, title, detail, problem, children }: ItemProps) {
  return (
    <li>
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text truncate title={title}>
            {name}
          </Text>
          <Text size="sm" c="dimmed">
            {detail}
          </Text>
        </div>
        {children}
      </Group>
      <ProblemAlert problem={problem} mt="xs" />
    </li>
  );
}
