import { Avatar, Menu, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { auth } from '../../api/endpoints';
import * as session from '../../api/session';
import { me } from '../../data/queries';
import { IconLogout, IconSettings } from '../../icons';
import classes from './Sidebar.module.css';

export function Account({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery(me);
  const signOut = async (): Promise<void> => {
    // Signs out in this browser even when the server cannot be reached.
    await auth.logOut().catch(() => undefined);
    session.leave();
  };
  return (
    <Menu position="top" width={240} returnFocus>
      <Menu.Target>
        <button type="button" className={classes.account}>
          <Avatar
            size={30}
            radius="xl"
            color="jade"
            variant="filled"
            name={data?.nickname ?? ''}
            aria-hidden="true"
          />
          <Text truncate fw={500} component="span" flex={1}>
            {data?.nickname ?? t('profile.title')}
          </Text>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {data && <Menu.Label>{data.email}</Menu.Label>}
        <Menu.Item
          component={Link}
          to="/settings"
          onClick={onLeave}
          leftSection={<IconSettings size={17} />}
        >
          {t('settings.title')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={17} />} onClick={() => void signOut()}>
          {t('auth.logOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
