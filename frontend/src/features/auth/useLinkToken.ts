import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';

/** The token of a mail's link, behind the `#`. It leaves the address, so that no history keeps it. */
export function useLinkToken(): string {
  const { hash, pathname } = useLocation();
  const [token, setToken] = useState('');
  const navigate = useNavigate();
  const given = hash.slice(1);
  if (given !== '' && given !== token) setToken(given);
  useEffect(() => {
    if (given !== '') void navigate(pathname, { replace: true });
  }, [given, pathname, navigate]);
  return token;
}
