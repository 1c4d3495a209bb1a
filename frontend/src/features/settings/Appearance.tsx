import { ActionIcon, Group, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { changeLanguage, LANGUAGES, type Language } from '../../i18n';
import { IconDeviceDesktop, IconMoon, IconSun } from '../../icons';
import classes from './Appearance.module.css';

const SCHEMES = ['auto', 'light', 'dark'] as const;
const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };

/** Language and theme for pages that have no settings page. */
export function Appearance() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = SCHEMES[(SCHEMES.indexOf(colorScheme) + 1) % SCHEMES.length] ?? 'auto';
  const Icon = ICONS[colorScheme];
  const other: Language = i18n.language === 'ko' ? 'en' : 'ko';
  return (
    <Group gap={4} wrap="nowrap">
      <button
        type="button"
        className={classes.language}
        lang={other}
        onClick={() => void changeLanguage(other)}
      >
        {LANGUAGES[other]}
      </button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('theme.switch', { theme: t(`theme.${colorScheme}`) })}
        title={t(`theme.${colorScheme}`)}
        onClick={() => setColorScheme(next)}
      >
        <Icon size={20} stroke={1.6} />
      </ActionIcon>
    </Group>
  );
}
