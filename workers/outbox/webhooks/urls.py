from django.urls import path

from . import views

urlpatterns = [
    path("me/webhooks", views.WebhooksView.as_view()),
    path("me/webhooks/<uuid:webhook_id>", views.WebhookView.as_view()),
]
