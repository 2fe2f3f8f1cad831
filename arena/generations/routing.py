"""WebSocket addresses."""

from django.urls import URLPattern, path

from arena.generations.consumers import ProgressConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/studies/<slug:slug>/progress/", ProgressConsumer.as_asgi()),
]
