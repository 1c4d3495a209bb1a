from django.urls import path

from . import sharing_views, views

# Tried in this order: what is asked most often comes first.
urlpatterns = [
    path("conversations/<uuid:conversation_id>/replies", views.RepliesView.as_view()),
    path("replies/<uuid:reply_id>", views.ReplyView.as_view()),
    path("models", views.ModelsView.as_view()),
    path("quota", views.QuotaView.as_view()),
    path("conversations", views.ConversationsView.as_view()),
    path("conversations/<uuid:conversation_id>", views.ConversationView.as_view()),
    path("conversations/<uuid:conversation_id>/restore", views.RestoreView.as_view()),
    path("conversations/<uuid:conversation_id>/share", sharing_views.ShareView.as_view()),
    path("conversations/<uuid:conversation_id>/export", sharing_views.ExportView.as_view()),
    # A slug is what the tokens are made of; nothing else reaches the database.
    path("shared/<slug:token>", sharing_views.SharedView.as_view()),
    path(
        "conversations/<uuid:conversation_id>/prompts/<uuid:prompt_id>",
        views.PromptView.as_view(),
    ),
    path("replies/<uuid:reply_id>/events", views.EventsView.as_view()),
    path("replies/<uuid:reply_id>/cancel", views.CancelView.as_view()),
    path("replies/<uuid:reply_id>/regenerate", views.RegenerateView.as_view()),
    path("replies/<uuid:reply_id>/exchange", views.ExchangeView.as_view()),
]
