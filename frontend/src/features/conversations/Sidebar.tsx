import { ActionIcon, Button, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { IconLayoutSidebar, IconPencilPlus, IconSearch } from '../../icons';
import { Logo } from '../auth/Logo';
import { Account } from './Account';
import { ConversationList } from './ConversationList';
import classes from './Sidebar.module.css';

type Props = {
  /** Something was chosen: a drawer closes. */
  onLeave: () => void;
  onFold?: () => void;
};

export function Sidebar({ onLeave, onFold }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [archived, setArchived] = useState(false);
  const [q] = useDebouncedValue(text.trim(), 250);
  return (
    <nav className={classes.sidebar} aria-label={t('list.title')}>
      <div className={classes.top}>
        <Logo />
        {onFold && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('list.close')}
            onClick={onFold}
          >
            <IconLayoutSidebar size={21} stroke={1.6} />
          </ActionIcon>
        )}
      </div>
      <div className={classes.tools}>
        <Button
          component={Link}
          to="/"
          onClick={onLeave}
          variant="light"
          fullWidth
          justify="flex-start"
          leftSection={<IconPencilPlus size={19} stroke={1.7} />}
        >
          {t('conversation.new')}
        </Button>
        <TextInput
          data-search
          type="search"
          aria-label={t('list.search')}
          placeholder={t('list.search')}
          leftSection={<IconSearch size={17} stroke={1.7} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SegmentedControl
          fullWidth
          size="xs"
          value={archived ? 'archived' : 'active'}
          onChange={(value) => setArchived(value === 'archived')}
          data={[
            { value: 'active', label: t('list.active') },
            { value: 'archived', label: t('list.archived') },
          ]}
          aria-label={t('list.which')}
        />
      </div>
      <ConversationList filter={{ q, archived }} onLeave={onLeave} />
      <Account onLeave={onLeave} />
    </nav>
  );
}
