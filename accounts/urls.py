from django.urls import include, path

from . import me_views, views

urlpatterns = [
    path("auth/signup", views.SignupView.as_view()),
    path("auth/login", views.LoginView.as_view()),
    path("auth/refresh", views.RefreshView.as_view()),
    path("auth/logout", views.LogoutView.as_view()),
    path("auth/password-reset", views.PasswordResetView.as_view()),
    path("auth/password-reset/confirm", views.PasswordResetConfirmView.as_view()),
    path("auth/email-verification", views.VerificationView.as_view()),
    path("auth/email-verification/confirm", views.VerificationConfirmView.as_view()),
    path("", include("accounts.oauth.urls")),
    path("auth/ws-ticket", views.TicketView.as_view()),
    path("me", me_views.MeView.as_view()),
    path("me/password", me_views.PasswordView.as_view()),
    path("me/email", me_views.EmailView.as_view()),
    path("me/sessions", me_views.SessionsView.as_view()),
    path("me/sessions/<uuid:session_id>", me_views.SessionView.as_view()),
    path("me/keys", me_views.KeysView.as_view()),
    path("me/keys/<uuid:key_id>", me_views.KeyView.as_view()),
]
