import { Anchor, Text } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';

import { Providers } from './Providers';

type Props = { question: string; to: '/login' | '/signup'; linkText: string };

/** Below the forms to log in and to sign up: the providers, and a link to the other form. */
export function AuthAlternatives({ question, to, linkText }: Props) {
  const [params] = useSearchParams();
  return (
    <>
      <Providers next={params.get('next')} />
      <Text mt="lg" ta="center" size="sm">
        {question}{' '}
        <Anchor
          component={Link}
          to={{ pathname: to, search: params.toString() }}
          underline="always"
        >
          {linkText}
        </Anchor>
      </Text>
    </>
  );
}
