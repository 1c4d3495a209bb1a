from django.urls import path

from . import views

urlpatterns = [
    path("auth/providers", views.ProvidersView.as_view()),
    path("auth/exchange", views.ExchangeView.as_view()),
    path("auth/<str:provider>/start", views.StartView.as_view()),
    path("auth/<str:provider>/callback", views.CallbackView.as_view(), name="oauth_callback"),
]
