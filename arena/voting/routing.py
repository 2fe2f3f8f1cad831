"""WebSocket addresses."""

from django.urls import URLPattern, path

from arena.voting.consumers import NewsConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/studies/<slug:slug>/vote/", NewsConsumer.as_asgi()),
]
