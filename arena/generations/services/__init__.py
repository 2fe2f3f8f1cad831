"""Everything that writes systems and generations, by what it is about."""

from arena.generations.services.answers import generation_complete, generation_fail
from arena.generations.services.endpoints import endpoint_limit
from arena.generations.services.outputs_import import outputs_import
from arena.generations.services.prices import price_set
from arena.generations.services.queue import (
    generation_claim,
    generation_held,
    generation_release,
    leases_recover,
    leases_renew,
    leases_time_out,
)
from arena.generations.services.requests import (
    generation_cancel,
    generation_pause,
    generation_prioritise,
    generation_request,
    generation_resume,
    generation_retry,
    pending_ring,
)
from arena.generations.services.secrets import (
    secret_of,
    secret_remove,
    secret_set,
    secrets_rotate,
)
from arena.generations.services.systems import (
    outside_refuse,
    study_system_add,
    study_system_withdraw,
    system_register,
)
from arena.generations.services.trials import (
    generation_rerun,
    trial_claim,
    trial_complete,
    trial_fail,
    trial_fill,
    trial_key,
    trial_look,
    trial_request,
    trial_ring,
    trials_forget,
)

__all__ = [
    "endpoint_limit",
    "generation_cancel",
    "generation_claim",
    "generation_complete",
    "generation_fail",
    "generation_held",
    "generation_pause",
    "generation_prioritise",
    "generation_release",
    "generation_request",
    "generation_rerun",
    "generation_resume",
    "generation_retry",
    "leases_recover",
    "leases_renew",
    "leases_time_out",
    "outputs_import",
    "outside_refuse",
    "pending_ring",
    "price_set",
    "secret_of",
    "secret_remove",
    "secret_set",
    "secrets_rotate",
    "study_system_add",
    "study_system_withdraw",
    "system_register",
    "trial_claim",
    "trial_complete",
    "trial_fail",
    "trial_fill",
    "trial_key",
    "trial_look",
    "trial_request",
    "trial_ring",
    "trials_forget",
]
