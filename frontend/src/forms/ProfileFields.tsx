import { SimpleGrid, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import type { Problem } from '../api/problem';
import type { Member } from '../api/types';
import { fieldError } from './fieldError';

type Props = { error: Problem | null; member?: Member };

/** Nickname, birth year and job: at sign-up and in the settings. */
export function ProfileFields({ error, member }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        name="nickname"
        label={t('profile.nickname')}
        autoComplete="nickname"
        maxLength={50}
        required
        defaultValue={member?.nickname}
        error={fieldError(error, 'nickname')}
      />
      <SimpleGrid cols={2} spacing="sm">
        <TextInput
          name="born_year"
          label={t('profile.bornYear')}
          placeholder={t('profile.optional')}
          type="number"
          inputMode="numeric"
          autoComplete="bday-year"
          min={1900}
          max={new Date().getFullYear()}
          step={1}
          defaultValue={member?.born_year ?? ''}
          error={fieldError(error, 'born_year')}
        />
        <TextInput
          name="job"
          label={t('profile.job')}
          placeholder={t('profile.optional')}
          autoComplete="organization-title"
          maxLength={100}
          defaultValue={member?.job ?? ''}
          error={fieldError(error, 'job')}
        />
      </SimpleGrid>
    </>
  );
}
