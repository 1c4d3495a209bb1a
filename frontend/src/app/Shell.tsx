import { ActionIcon, Drawer, VisuallyHidden } from '@mantine/core';
import { useDisclosure, useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { Outlet } from 'react-router';

import { Sidebar } from '../features/conversations/Sidebar';
import { IconLayoutSidebar } from '../icons';
import { ConnectionBanner } from './ConnectionBanner';
import classes from './Shell.module.css';
import { Shortcuts } from './Shortcuts';

/** The sidebar beside the page; on a phone it is a drawer over the page. */
export function Shell() {
  const { t } = useTranslation();
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const [drawer, { open, close }] = useDisclosure(false);
  const [folded, setFolded] = useLocalStorage({ key: 'malgil.folded', defaultValue: false });
  const toggle = phone ? open : () => setFolded(!folded);
  const aside = phone ? drawer : !folded;
  return (
    <div
      className={classes.shell}
      data-aside={(!phone && aside) || undefined}
      data-folded={phone || !aside || undefined}
    >
      {phone ? (
        <Drawer
          opened={drawer}
          onClose={close}
          size="min(20rem, 86vw)"
          withCloseButton={false}
          padding={0}
          title={<VisuallyHidden>{t('list.title')}</VisuallyHidden>}
          classNames={{
            header: classes.hidden,
            body: classes.drawer,
            content: classes.drawerContent,
          }}
        >
          <Sidebar onLeave={close} />
        </Drawer>
      ) : (
        aside && <Sidebar onLeave={() => undefined} onFold={() => setFolded(true)} />
      )}
      {(phone || !aside) && (
        <ActionIcon
          className={classes.opener}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('list.open')}
          onClick={toggle}
        >
          <IconLayoutSidebar size={21} stroke={1.6} />
        </ActionIcon>
      )}
      <div className={classes.page}>
        <ConnectionBanner />
        <Outlet />
      </div>
      <Shortcuts onToggleList={toggle} />
    </div>
  );
}
