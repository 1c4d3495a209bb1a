/** Who may see what: signed in, or not. */
import { Navigate, Outlet, useLocation, useSearchParams } from 'react-router';

import { LandingPage } from '../features/auth/LandingPage';
import { loginPath, safeNext } from '../features/auth/loginRedirect';
import { useMemberId } from '../features/auth/useMemberId';

/** Others are sent to the login, and come back after it; at `/` they are invited. */
export function SignedIn() {
  const member = useMemberId();
  const { pathname, search, hash } = useLocation();
  if (member !== null) return <Outlet key={member} />;
  if (pathname === '/') return <LandingPage />;
  return <Navigate to={loginPath(pathname + search + hash)} replace />;
}

/** Who signs in here, or in another tab meanwhile, goes on to where they wanted to go. */
export function SignedOut() {
  const member = useMemberId();
  const [params] = useSearchParams();
  return member === null ? <Outlet /> : <Navigate to={safeNext(params.get('next'))} replace />;
}
