"""What changes a study. Each service checks, writes in one transaction and leaves an audit line."""

from arena.studies.new_case import NewAsset, NewCase
from arena.studies.services.cases import case_add, case_withdraw, cases_import, cases_store
from arena.studies.services.kept import (
    GONE,
    upload_drop,
    upload_keep,
    upload_put_back,
    upload_take,
    uploads_forget,
)
from arena.studies.services.people import (
    invitation_accept,
    invitation_create,
    invitation_revoke,
    member_add,
    member_remove,
)
from arena.studies.services.protocols import protocol_create
from arena.studies.services.studies import (
    study_archive,
    study_close,
    study_create,
    study_mark_simulated,
    study_open,
    study_publish,
    study_unpublish,
    study_update,
)

__all__ = [
    "GONE",
    "NewAsset",
    "NewCase",
    "case_add",
    "case_withdraw",
    "cases_import",
    "cases_store",
    "invitation_accept",
    "invitation_create",
    "invitation_revoke",
    "member_add",
    "member_remove",
    "protocol_create",
    "study_archive",
    "study_close",
    "study_create",
    "study_mark_simulated",
    "study_open",
    "study_publish",
    "study_unpublish",
    "study_update",
    "upload_drop",
    "upload_keep",
    "upload_put_back",
    "upload_take",
    "uploads_forget",
]
