/** Route elements that let only members, or only others, see the routes below them. */
import { Navigate, Outlet, useLocation, useSearchParams } from 'react-router';

import { LandingPage } from '../features/auth/LandingPage';
import { loginPath, safeNext } from '../features/auth/loginRedirect';
import { useMemberId } from '../features/auth/useMemberId';

/** For members. Others are sent to the login, which leads back here; at `/` they see the landing page. */
export function SignedIn() {
  const member = useMemberId();
  const { pathname, search, hash } = useLocation();
  if (member !== null) return <Outlet key={member} />;
  if (pathname === '/') return <LandingPage />;
  return <Navigate to={loginPath(pathname + search + hash)} replace />;
}

/** For the login and sign-up. A member, also one who signs in in another tab, goes to `next`. */
export function SignedOut() {
  const member = useMemberId();
  const [params] = useSearchParams();
  return member === null ? <Outlet /> : <Navigate to={safeNext(params.get('next'))} replace />;
}
