import { Button, Group, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { IconBolt, IconDevices, IconShieldCheck } from '../../icons';
import { Appearance } from '../settings/Appearance';
import { ProductPreview } from './ProductPreview';
import classes from './LandingPage.module.css';
import { Logo } from './Logo';

const PROMISES = [
  { key: 'kept', Icon: IconShieldCheck },
  { key: 'live', Icon: IconDevices },
  { key: 'clear', Icon: IconBolt },
] as const;

/** What `/` shows to those who are not signed in. */
export function LandingPage() {
  const { t } = useTranslation();
  return (
    <div className={classes.page}>
      <title>{`Malgil · ${t('landing.title')}`}</title>
      <header className={classes.bar}>
        <Logo />
        <Group gap="xs" wrap="nowrap">
          <Appearance />
          <Button component={Link} to="/login" variant="default" visibleFrom="xs">
            {t('auth.logIn')}
          </Button>
        </Group>
      </header>
      <main id="main" className={classes.main} tabIndex={-1}>
        <div>
          <Title order={1} className={classes.title}>
            {t('landing.title')}
          </Title>
          <Text className={classes.lead}>{t('landing.lead')}</Text>
          <Group mt="xl" gap="sm">
            <Button component={Link} to="/signup" size="md">
              {t('landing.start')}
            </Button>
            <Button component={Link} to="/login" size="md" variant="default">
              {t('auth.logIn')}
            </Button>
          </Group>
        </div>
        <ProductPreview />
        <ul className={classes.promises}>
          {PROMISES.map(({ key, Icon }) => (
            <li key={key}>
              <Icon size={22} stroke={1.6} aria-hidden="true" />
              <div>
                <Text component="h2" fw={600}>
                  {t(`landing.${key}.title`)}
                </Text>
                <Text c="dimmed" size="sm" mt={4}>
                  {t(`landing.${key}.text`)}
                </Text>
              </div>
            </li>
          ))}
        </ul>
      </main>
    </div>
  );
}
