import { Link } from 'react-router';

import classes from './Logo.module.css';

export function Logo() {
  return (
    <Link to="/" className={classes.logo}>
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="#0f766e" />
        <path
          d="M7 11h11a5 5 0 0 1 0 10h-3l-5 4v-4"
          fill="none"
          stroke="#fff"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <circle cx="24.5" cy="11" r="1.7" fill="#99f6e4" />
      </svg>
      <span>Malgil</span>
    </Link>
  );
}
