"""A PostgreSQL database with a large study, as `bench/at_scale.py` measures it.

Small tables are made by the models, large ones by the database itself, which takes minutes where
rows sent one by one would take hours. Numbers are drawn by ``setseed``, so two fills are alike.
"""

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from arena.accounts.models import RaterProfile, User
from arena.generations.models import StudySystem, System, SystemVersion
from arena.studies.models import Criterion, Membership, Protocol, Study

SPECIALTIES = ("cardiology", "neurology", "surgery", "radiology", "paediatrics")
NOTE = (
    "HISTORY:\\nFever and cough for three days.\\n\\nPLAN:\\n" + "Amoxicillin, rest, fluids. " * 60
)
ANSWER = "Three days of fever and cough; amoxicillin was begun. " * 8

CASES = """
INSERT INTO studies_case (study_id, key, position, withdrawn_reason, withdrawn_at)
SELECT %(study)s, 'case-' || n, n, '', CASE WHEN n %% 500 = 0 THEN now() END
FROM generate_series(1, %(cases)s) n"""
VERSIONS = """
INSERT INTO studies_caseversion (case_id, number, input_kind, title, content, strata, specialty,
    language, synthetic, source, licence, digest, created_at)
SELECT c.id, number, 'clinical-note', 'Patient ' || c.position,
    jsonb_build_object('text', %(note)s || c.position), '{}', '', 'en', true, '', '',
    lpad(c.id::text, 62, '0') || number, now()
FROM studies_case c, generate_series(1, 2) number
WHERE c.study_id = %(study)s AND (number = 1 OR c.position %% 50 = 0)"""
GENERATIONS = """
INSERT INTO generations_generation (study_system_id, case_version_id, repeat, status, resource,
    priority, attempts, not_before, lease_owner, record, record_digest, names_its_maker, failure,
    error, provenance, requested_at, finished_at, cost_currency)
SELECT s.id, v.id, 0, CASE WHEN failed THEN 'failed' ELSE 'succeeded' END, 'cpu', 0, 1, now(), '',
    CASE WHEN failed THEN NULL ELSE jsonb_build_object('text', %(answer)s || s.label) END,
    CASE WHEN failed THEN '' WHEN random() < 0.02 THEN md5(v.id::text) ELSE md5(random()::text) END,
    random() < 0.005, CASE WHEN failed THEN 'timed_out' ELSE '' END, '', '{}', now(), now(), ''
FROM studies_caseversion v JOIN studies_case c ON c.id = v.case_id
CROSS JOIN generations_studysystem s
CROSS JOIN LATERAL (SELECT random() < 0.015 AND v.id + s.id > 0 AS failed) f
WHERE c.study_id = %(study)s AND s.study_id = %(study)s ORDER BY v.id, s.id"""
# More draws than ballots wanted, because a rater sees a comparison once.
DRAWS = """
CREATE TEMPORARY TABLE draws AS
SELECT n, rater, version, least(a, b) AS a, greatest(a, b) AS b, repeat FROM (
    SELECT n, (%(raters)s::bigint[])[1 + floor(%(n_raters)s * power(random(), 1.5))::int] AS rater,
        %(version_low)s + floor(random() * %(versions)s)::bigint AS version,
        floor(random() * %(systems)s)::int AS a, floor(random() * (%(systems)s - 1))::int AS other,
        0 AS repeat FROM generate_series(1, %(ballots)s) n) d
CROSS JOIN LATERAL (SELECT CASE WHEN other >= a THEN other + 1 ELSE other END AS b) e"""
ONCE = """
CREATE TEMPORARY TABLE once AS SELECT DISTINCT ON (rater, version, a, b) * FROM draws
ORDER BY rater, version, a, b, n"""
REPEATS = "INSERT INTO once SELECT n + 20, rater, version, a, b, 1 FROM once WHERE n %% 100 = 0"
COMPARISONS = """
INSERT INTO voting_comparison (study_id, case_version_id, first_id, second_id)
SELECT %(study)s, d.version, f.id, s.id FROM (SELECT DISTINCT version, a, b FROM once) d
JOIN generations_generation f ON f.case_version_id = d.version
    AND f.study_system_id = (%(systems_held)s::bigint[])[d.a + 1]
JOIN generations_generation s ON s.case_version_id = d.version
    AND s.study_system_id = (%(systems_held)s::bigint[])[d.b + 1]
WHERE f.record IS NOT NULL AND s.record IS NOT NULL ORDER BY d.version, f.id, s.id"""
BALLOTS = """
INSERT INTO voting_ballot (uuid, study_id, comparison_id, protocol_id, rater_id, origin,
    left_is_second, repeat, same_case, position, probability, status, attempt, drawn_at,
    opened_at, answered_at)
SELECT gen_random_uuid(), %(study)s, p.id, %(protocol)s, d.rater, 'human',
    (d.n + d.repeat) %% 2 = 0, d.repeat, false,
    row_number() OVER (PARTITION BY d.rater ORDER BY d.n),
    0.05, CASE WHEN d.n %% 20 = 7 THEN 'skipped' ELSE 'voted' END, 1, at, at, at
FROM once d
JOIN generations_generation f ON f.case_version_id = d.version
    AND f.study_system_id = (%(systems_held)s::bigint[])[d.a + 1]
JOIN generations_generation s ON s.case_version_id = d.version
    AND s.study_system_id = (%(systems_held)s::bigint[])[d.b + 1]
JOIN voting_comparison p ON p.first_id = f.id AND p.second_id = s.id
CROSS JOIN LATERAL (SELECT now() - interval '90 days' * (1 - d.n / %(ballots)s::float) AS at) t
ORDER BY d.n"""
VOTES = """
INSERT INTO voting_vote (ballot_id, attempt, seconds, confidence, reason, created_at)
SELECT id, 1, 5 + random() * 60, 2, '', answered_at FROM voting_ballot
WHERE study_id = %(study)s AND status = 'voted' ORDER BY answered_at, id"""
OUTCOMES = """
INSERT INTO voting_criterionvote (vote_id, criterion_id, outcome, created_at)
SELECT v.id, c.id, (ARRAY['left_strongly', 'left_slightly', 'left_slightly', 'tie', 'tie',
    'right_slightly', 'right_slightly', 'right_strongly', 'both_unacceptable']
    )[1 + floor(random() * 9)::int], v.created_at
FROM voting_vote v JOIN voting_ballot b ON b.id = v.ballot_id
CROSS JOIN studies_criterion c
WHERE b.study_id = %(study)s AND c.protocol_id = %(protocol)s ORDER BY v.id, c.id"""
SKIPS = """
INSERT INTO voting_skip (ballot_id, attempt, reason, note, created_at)
SELECT id, 1, 'not_my_specialty', '', answered_at FROM voting_ballot
WHERE study_id = %(study)s AND status = 'skipped' ORDER BY id"""
FLAGS = """
INSERT INTO voting_safetyflag (vote_id, side, extent, likelihood, error_types, note, created_at)
SELECT v.id, 'left', 'moderate', 'low', '[]', '', v.created_at
FROM voting_vote v JOIN voting_ballot b ON b.id = v.ballot_id
WHERE b.study_id = %(study)s AND v.id %% 10 = 0 ORDER BY v.id"""
MARKS = """
INSERT INTO voting_highlight (vote_id, side, start, "end", quote, error_type, significant, note,
    created_at)
SELECT v.id, 'right', 3, 12, 'days of f', 'omission', v.id %% 3 = 0, '', v.created_at
FROM voting_vote v JOIN voting_ballot b ON b.id = v.ballot_id
WHERE b.study_id = %(study)s AND v.id %% 50 = 0 ORDER BY v.id"""
RETRACTIONS = """
INSERT INTO voting_retraction (vote_id, reason, by_id, created_at)
SELECT v.id, 'Undone by the rater.', b.rater_id, v.created_at
FROM voting_vote v JOIN voting_ballot b ON b.id = v.ballot_id
WHERE b.study_id = %(study)s AND v.id %% 500 = 1 ORDER BY v.id"""
VOTED = (BALLOTS, VOTES, OUTCOMES, SKIPS, FLAGS, MARKS, RETRACTIONS)
# Every comparison of two systems is judged, but those of the cases `left` says.
ALL_BUT = """
CREATE TEMPORARY TABLE once AS
SELECT v.id AS n, (%(raters)s::bigint[])[1 + v.id %% %(n_raters)s] AS rater, v.id AS version,
    0 AS a, 1 AS b, 0 AS repeat
FROM studies_caseversion v JOIN studies_case c ON c.id = v.case_id
WHERE c.study_id = %(study)s AND c.position %% %(left)s <> 1"""


def raters(n: int) -> list[User]:
    users = User.objects.bulk_create(
        User(email=f"rater-{i}@bench.example", password="!") for i in range(n)
    )
    RaterProfile.objects.bulk_create(
        RaterProfile(
            user=user,
            pseudonym=f"R{user.pk:06}",
            tour_seen=1,
            profession="physician",
            specialty=SPECIALTIES[user.pk % len(SPECIALTIES)],
        )
        for user in users
    )
    return users


def study(slug: str, systems: int, people: list[User], **protocol: object) -> Study:
    owner, _ = User.objects.get_or_create(email="owner@bench.example")
    made = Study.objects.create(
        slug=slug,
        title=f"Study {slug}",
        summary="For measuring.",
        created_by=owner,
        status="open",
        visibility="public",
        leaderboard_published=True,
        case_source="Made by a program.",
        ethics="None needed.",
        opened_at=timezone.now(),
    )
    asked = Protocol.objects.create(
        study=made,
        version=1,
        input_kind="clinical-note",
        output_kind="summary",
        question="Which would you rather act on?",
        specialties=list(SPECIALTIES),
        **protocol,
    )
    for position, key in enumerate(("overall", "accuracy")):
        Criterion.objects.create(protocol=asked, key=key, label=key.title(), position=position)
    for number in range(systems):
        system = System.objects.create(
            slug=f"{slug}-{number}", name=f"System {number}", maker=f"Maker {number}", owner=owner
        )
        version = SystemVersion.objects.create(
            system=system, adapter="mock", digest=f"{number:064}"
        )
        StudySystem.objects.create(study=made, version=version, label=f"System {number}")
    Membership.objects.create(study=made, user=owner, role="coordinator")
    Membership.objects.bulk_create(
        Membership(study=made, user=person, role="rater") for person in people
    )
    return made


def cases_and_answers(made: Study, cases: int) -> None:
    with connection.cursor() as cursor:
        for statement in (CASES, VERSIONS, GENERATIONS):
            values = {"study": made.pk, "cases": cases, "note": NOTE, "answer": ANSWER}
            cursor.execute(statement, values)


def answered(made: Study, people: list[User], draws: tuple[str, ...], **more: int) -> None:
    """Ballots and votes of ``draws``, tables of (n, rater, version, a, b, repeat)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(v.id), count(*) FROM studies_caseversion v"
            " JOIN studies_case c ON c.id = v.case_id WHERE c.study_id = %s",
            [made.pk],
        )
        low, versions = cursor.fetchone()
        held = list(made.study_systems.order_by("pk").values_list("pk", flat=True))
        values = {
            "study": made.pk,
            "protocol": made.protocols.get().pk,
            "raters": [person.pk for person in people],
            "n_raters": len(people),
            "version_low": low,
            "versions": versions,
            "systems": len(held),
            "systems_held": held,
            "ballots": 1_000_000,
            **more,
        }
        for statement in (*draws, COMPARISONS, *VOTED):
            cursor.execute(statement, values)
        cursor.execute("DROP TABLE IF EXISTS draws; DROP TABLE once")


def fill(*, cases: int, votes: int, systems: int, n_raters: int) -> None:
    """Studies ``large``, ``ending`` (hardly anything left to judge) and ``small``."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5); SET synchronous_commit = off; SET work_mem = '256MB'")
    people = raters(n_raters)
    large = study("large", systems, people, votes_per_comparison=3)
    cases_and_answers(large, cases)
    answered(large, people, (DRAWS, ONCE, REPEATS), ballots=votes * 109 // 100)
    ending = study("ending", 2, people, votes_per_comparison=1)
    cases_and_answers(ending, cases)
    answered(ending, people, (ALL_BUT,), left=200)
    small = study("small", 2, people, votes_per_comparison=3)
    cases_and_answers(small, 20)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
