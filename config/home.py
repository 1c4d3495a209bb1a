"""`/`: until there is a web client, a page that leads to the documentation."""

from django.views.generic import TemplateView


class HomeView(TemplateView):
    template_name = "home.html"
