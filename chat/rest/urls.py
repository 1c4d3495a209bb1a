from django.urls import path

from . import catalogue_views, conversation_views, reply_views, sharing_views

# Tried in this order: what is asked most often comes first.
urlpatterns = [
    path("conversations/<uuid:conversation_id>/replies", reply_views.RepliesView.as_view()),
    path("replies/<uuid:reply_id>", reply_views.ReplyView.as_view()),
    path("models", catalogue_views.ModelsView.as_view()),
    path("quota", catalogue_views.QuotaView.as_view()),
    path("conversations", conversation_views.ConversationsView.as_view()),
    path("conversations/<uuid:conversation_id>", conversation_views.ConversationView.as_view()),
    path("conversations/<uuid:conversation_id>/restore", conversation_views.RestoreView.as_view()),
    path("conversations/<uuid:conversation_id>/share", sharing_views.ShareView.as_view()),
    path("conversations/<uuid:conversation_id>/export", sharing_views.ExportView.as_view()),
    # A slug is what the tokens are made of; nothing else reaches the database.
    path("shared/<slug:token>", sharing_views.SharedView.as_view()),
    path(
        "conversations/<uuid:conversation_id>/prompts/<uuid:prompt_id>",
        conversation_views.PromptView.as_view(),
    ),
    path("replies/<uuid:reply_id>/events", reply_views.EventsView.as_view()),
    path("replies/<uuid:reply_id>/cancel", reply_views.CancelView.as_view()),
    path("replies/<uuid:reply_id>/regenerate", reply_views.RegenerateView.as_view()),
    path("replies/<uuid:reply_id>/exchange", reply_views.ExchangeView.as_view()),
]
