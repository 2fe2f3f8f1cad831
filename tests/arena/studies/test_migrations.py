"""A site goes back to the version before and forward again, with what it holds by then."""

from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from arena.accounts.models import User
from arena.studies.models import KeptUpload, Study
from arena.studies.services import upload_keep

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_keeps_cases_and_outputs_keeps_the_cases_on_the_way_back() -> None:
    user = User.objects.create_user("coordinator@example.org", "secret")
    study = Study.objects.create(slug="notes", title="Notes", created_by=user, seed=1)
    for system in (None, 7):
        file = SimpleUploadedFile("a.csv", b"key,text\n")
        upload_keep(
            study=study, by=user, upload=file, name="a.csv", key=uuid4(), study_system=system
        )
    names = dict(KeptUpload.objects.values_list("study_system", "file"))
    try:
        call_command("migrate", "studies", "0011", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert list(KeptUpload.objects.values_list("file", flat=True)) == [names[None]]
    assert [default_storage.exists(names[each]) for each in (None, 7)] == [True, False]
