"""Pages of `generations`."""

from django.urls import URLPattern, URLResolver, path

from arena.generations.views import answers, manage, prices, register, systems, trial

urlpatterns: list[URLPattern | URLResolver] = [
    path("systems/", systems.systems, name="systems"),
    path("systems/new/", register.register, name="system-register"),
    path("systems/trials/<uuid:uuid>/", trial.trial, name="system-trial"),
    path("systems/<slug:slug>/", systems.card, name="system-card"),
    path("systems/<slug:slug>/key/", systems.key, name="system-key"),
    path("systems/<slug:slug>/price/", systems.price, name="system-price"),
    path("studies/<slug:slug>/manage/systems/", manage.systems, name="manage-systems"),
    path("studies/<slug:slug>/manage/systems/progress/", manage.progress, name="manage-progress"),
    path("studies/<slug:slug>/manage/systems/spending/", prices.spending, name="manage-spending"),
    path("studies/<slug:slug>/manage/systems/step/", manage.step, name="manage-generation-step"),
    path(
        "studies/<slug:slug>/manage/systems/<int:pk>/withdraw/",
        manage.withdraw,
        name="manage-system-withdraw",
    ),
    path(
        "studies/<slug:slug>/manage/systems/<int:pk>/outputs/",
        manage.outputs,
        name="manage-outputs",
    ),
    path(
        "studies/<slug:slug>/manage/systems/<int:pk>/outputs/forget/",
        manage.forget,
        name="manage-outputs-forget",
    ),
    path(
        "studies/<slug:slug>/manage/systems/<int:pk>/answers/",
        answers.answers,
        name="manage-answers",
    ),
    path(
        "studies/<slug:slug>/manage/systems/answers/<int:pk>/", answers.answer, name="manage-answer"
    ),
    path(
        "studies/<slug:slug>/manage/systems/answers/<int:pk>/again/",
        answers.rerun,
        name="manage-answer-rerun",
    ),
]
