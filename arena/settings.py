"""All settings, read from the environment; defaults suit a laptop without any service.

Every variable is explained in docs/operators-guide.md.
"""

from pathlib import Path

from arena.core import env

BASE_DIR = Path(__file__).resolve().parent.parent
FRONTEND = BASE_DIR / "frontend"
DATA_DIR = env.folder("CONSILIUM_DATA_DIR", BASE_DIR / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.flag("CONSILIUM_DEBUG", default=False)
SECRET_KEY = env.secret("CONSILIUM_SECRET_KEY", DATA_DIR / "secret-key")
ALLOWED_HOSTS = env.words("CONSILIUM_HOSTS", "localhost,127.0.0.1,[::1]")
SITE_URL = env.text("CONSILIUM_SITE_URL", "http://localhost:8000").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "allauth.mfa",  # before accounts, which puts its own admin of second factors in its place
    "arena.core",
    "arena.accounts",
    "arena.studies",
    "arena.generations",
    "arena.voting",
    "arena.leaderboards",
    "arena.exports",
    "arena.demo",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # so that the form templates below can be ours
    "allauth",
    "allauth.account",
    "channels",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "arena.studies.second_factor.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "arena.urls"
ASGI_APPLICATION = "arena.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FRONTEND / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["django.templatetags.i18n", "arena.core.templatetags.reading"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": env.database(
        "CONSILIUM_DATABASE_URL",
        f"sqlite:///{DATA_DIR}/arena.db",
        connections=env.number("CONSILIUM_DATABASE_CONNECTIONS", 30),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # the e-mail is unique, ignoring case, by constraint
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.choice(
    "CONSILIUM_EMAIL_VERIFICATION", "optional", "mandatory", "none"
)
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "arena.accounts.second_factor.SealedAdapter"
MFA_TOTP_ISSUER = "Consilium"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address nobody could verify must not keep accounts weaker
SECOND_FACTOR = env.choice(
    "CONSILIUM_SECOND_FACTOR",
    *(("coordinators", "nobody") if HTTPS else ("nobody", "coordinators")),
    "admins",
    "everybody",
)
# Behind proxies, whose address the sign-in limits count; 0: nobody forwards requests.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("CONSILIUM_TRUSTED_PROXIES", 1 if HTTPS else 0)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
EMAIL_BACKEND = env.text(
    "CONSILIUM_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"
)
DEFAULT_FROM_EMAIL = env.text("CONSILIUM_EMAIL_FROM", "consilium@localhost")

STUDY_CREATORS = env.choice("CONSILIUM_STUDY_CREATORS", "coordinators", "everybody", "admins")

# Work -------------------------------------------------------------------------------------------
REDIS_URL = env.text("CONSILIUM_REDIS_URL")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # What a process need not ask again at once, and may forget at any time.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "process",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
CELERY_BROKER_URL = env.text("CONSILIUM_BROKER_URL", REDIS_URL or "safefs://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS = env.broker_options(CELERY_BROKER_URL, DATA_DIR / "broker")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
LEASE_SECONDS = env.number("CONSILIUM_LEASE_SECONDS", 120, least=1)
# Servers inside one's own network; the workers' adapters read the same variable.
INSIDE_ENDPOINTS = [word.lower() for word in env.words("CONSILIUM_INSIDE_ENDPOINTS")]
RESIDENT_SYSTEMS = env.number("CONSILIUM_RESIDENT_SYSTEMS", 4, least=1)

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Files ------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.folder("CONSILIUM_STATIC_DIR", DATA_DIR / "static")
STATICFILES_DIRS = [FRONTEND / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": env.media_storage("CONSILIUM_S3_BUCKET"),
    "staticfiles": {"BACKEND": "arena.core.static.HashedStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 2**20
UPLOAD_LIMIT_BYTES = env.number("CONSILIUM_UPLOAD_LIMIT_MB", 200, least=1) * 2**20

# Safety -----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        # The one rule that OpenSeadragon writes into a page; a test computes its hash anew.
        "style-src": ["'self'", "'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE='"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "media-src": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS and env.flag("CONSILIUM_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
VAULT_KEYS = env.words("CONSILIUM_VAULT_KEYS")
VAULT_KEYS_FILE = DATA_DIR / "vault-keys"
METRICS_TOKEN = env.text("CONSILIUM_METRICS_TOKEN")

# API --------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "arena.accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["arena.core.api.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
    "EXCEPTION_HANDLER": "arena.core.api.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Consilium API",
    "DESCRIPTION": "Studies, blinded ballots, votes, leaderboards and exports.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "ErrorTypeEnum": "arena.voting.answers.ErrorType",
        "StudyStatusEnum": "arena.studies.models.Study.Status",
        "GenerationStatusEnum": "arena.generations.models.Generation.Status",
        "ExportStatusEnum": "arena.exports.models.Export.Status",
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE, LANGUAGE_COOKIE_SECURE = True, "Lax", HTTPS
FORMAT_MODULE_PATH = ["arena.core.formats"]  # figures look the same in every language
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
LOCALE_PATHS = [FRONTEND / "locale"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "arena.core.logs.RedactingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("CONSILIUM_LOG_LEVEL", "WARNING")},
    "loggers": {"arena": {"level": "INFO"}, "workers": {"level": "INFO"}},
}
