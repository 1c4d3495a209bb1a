import type { RouteObject } from 'react-router';

import { LandingPage } from '../features/auth/LandingPage';
import { LoginPage } from '../features/auth/LoginPage';
import { SignupPage } from '../features/auth/SignupPage';
import { Crash } from './Crash';
import { NotFound } from './NotFound';
import { Root, Starting } from './Root';
import { SignedIn, SignedOut } from './routeGuards';

export const routes: RouteObject[] = [
  {
    element: <Root />,
    errorElement: <Crash />,
    HydrateFallback: Starting,
    children: [
      { path: '/welcome', element: <LandingPage /> },
      {
        element: <SignedOut />,
        children: [
          { path: '/login', element: <LoginPage /> },
          { path: '/signup', element: <SignupPage /> },
        ],
      },
      {
        path: '/login/return',
        lazy: async () => ({
          Component: (await import('../features/auth/LoginReturnPage')).LoginReturnPage,
        }),
      },
      {
        path: '/forgot-password',
        lazy: async () => ({
          Component: (await import('../features/auth/ForgotPasswordPage')).ForgotPasswordPage,
        }),
      },
      {
        path: '/reset-password',
        lazy: async () => ({
          Component: (await import('../features/auth/NewPasswordPage')).NewPasswordPage,
        }),
      },
      {
        path: '/confirm-email',
        lazy: async () => ({
          Component: (await import('../features/auth/ConfirmEmailPage')).ConfirmEmailPage,
        }),
      },
      {
        path: '/shared/:token',
        lazy: async () => ({
          Component: (await import('../features/share/SharedPage')).SharedPage,
        }),
      },
      {
        element: <SignedIn />,
        children: [
          {
            lazy: async () => ({ Component: (await import('./MemberApp')).MemberApp }),
            children: [
              {
                index: true,
                lazy: async () => ({
                  Component: (await import('../features/chat/HomePage')).HomePage,
                }),
              },
              {
                path: '/c/:id',
                lazy: async () => ({
                  Component: (await import('../features/chat/ConversationPage')).ConversationPage,
                }),
              },
              {
                path: '/settings',
                lazy: async () => ({
                  Component: (await import('../features/settings/SettingsPage')).SettingsPage,
                }),
              },
            ],
          },
        ],
      },
      { path: '*', element: <NotFound /> },
    ],
  },
];
