import { Input, SegmentedControl, SimpleGrid, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { changeLanguage, LANGUAGES, type Language } from '../../i18n';
import { Section } from './Section';

const SCHEMES = ['auto', 'light', 'dark'] as const;

/** Language and theme; they belong to this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title={t('settings.appearance')}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Input.Wrapper label={t('settings.language')} labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label={t('settings.language')}
            value={i18n.language}
            onChange={(value) => void changeLanguage(value as Language)}
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          />
        </Input.Wrapper>
        <Input.Wrapper label={t('settings.theme')} labelElement="div">
          <SegmentedControl
            fullWidth
            aria-label={t('settings.theme')}
            value={colorScheme}
            onChange={(value) => setColorScheme(value)}
            data={SCHEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
          />
        </Input.Wrapper>
      </SimpleGrid>
    </Section>
  );
}
