"""The ASGI application: HTTP by Django, WebSockets by Channels."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the apps loaded)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from arena.generations.routing import websocket_urlpatterns as of_generations  # noqa: E402
from arena.studies.second_factor import SecondFactorSockets  # noqa: E402
from arena.voting.routing import websocket_urlpatterns as of_voting  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(SecondFactorSockets(URLRouter([*of_generations, *of_voting])))
        ),
    }
)
