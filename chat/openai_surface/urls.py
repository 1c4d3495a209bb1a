from django.urls import path

from . import views

urlpatterns = [
    path("models", views.ModelsView.as_view()),
    path("models/<path:model>", views.ModelView.as_view()),
    path("chat/completions", views.CompletionsView.as_view()),
    path("responses", views.ResponsesView.as_view()),
    path("responses/<str:response_id>", views.ResponseView.as_view()),
    path("responses/<str:response_id>/cancel", views.CancelView.as_view()),
]
