"""Code that is not ours: what it may do, what becomes of what it does wrong, and who lives on."""

import os
import platform
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.workers import callables
from workers.adapters import sandboxed
from workers.adapters.base import AdapterError, Answer, Ask, GivenUpError, Part, Result
from workers.adapters.python_callable import PythonCallable
from workers.sandbox import process

CONFINED = platform.system() == "Linux" and platform.machine() in {"x86_64", "aarch64"}
Build = Callable[..., PythonCallable]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    made: list[PythonCallable] = []
    monkeypatch.setenv("CONSILIUM_CALLABLES", "tests.workers.callables")

    def build(function: str, **config: object) -> PythonCallable:
        named = {"callable": f"tests.workers.callables:{function}"}
        made.append(PythonCallable({**named, **config}))
        return made[-1]

    yield build
    for each in made:
        each.close()


def ask(text: str = "fever") -> Ask:
    return Ask("case", "What?", (Part("text", text),), "text-answer")


def only(adapter: PythonCallable, text: str = "fever") -> Result:
    return next(adapter.results([ask(text)]))


def said(adapter: PythonCallable, text: str = "fever") -> str:
    answer = only(adapter, text).answer
    assert answer is not None
    return str(answer.record["text"])


def error_of(adapter: PythonCallable, text: str = "fever") -> AdapterError:
    error = only(adapter, text).error
    assert error is not None
    return error


def test_a_function_is_loaded_once_and_kept_between_cases(build: Build) -> None:
    counts = build("counted")
    first, second = said(counts, "one").split(), said(counts, "two").split()
    assert [first[0], second[0]] == ["1", "2"]
    assert first[1] == second[1]
    assert second[2] == "two"


def test_files_and_numbers_of_numpy_come_through(build: Build) -> None:
    answer = only(build("pictured")).answer
    assert answer is not None
    assert answer.files["made.png"].startswith(b"\x89PNG")
    measured = only(build("measured")).answer
    assert measured is not None
    assert (measured.record["value"], measured.record["values"]) == (0.5, [0, 1, 2])


def test_what_a_function_prints_is_never_taken_for_an_answer(build: Build) -> None:
    assert said(build("printed")) == "said"


@pytest.mark.parametrize(
    ("function", "failure", "words"),
    [
        ("faulty", "crashed", "ValueError: cannot read this case"),
        ("no_record", "invalid_output", "returned a list, which is no record"),
        ("no_json", "invalid_output", "cannot be told in JSON: object"),
        ("leaves", "crashed", "ended with exit code 3. It said: farewell"),
        ("crashes", "crashed", "ended by signal SIGSEGV"),
        ("hoards", "out_of_memory", "It may take 4 GB"),
        ("starts", "crashed", "starts no other processes"),
        ("talks", "invalid_output", "larger than 96 MB"),
        ("fills", "crashed", "filled its scratch folder"),
    ],
)
def test_what_goes_wrong_has_its_class_and_the_next_case_is_answered(
    build: Build, function: str, failure: str, words: str
) -> None:
    adapter = build(function)
    error = error_of(adapter)
    assert (error.failure, error.retryable) == (failure, False)
    assert words in str(error)
    assert error_of(adapter).failure == failure  # a process that ended is started anew
    assert said(build("counted")).startswith("1 ")


def test_what_hangs_is_ended_in_time_and_the_next_case_is_answered(build: Build) -> None:
    adapter, began = build("hangs", time_limit=1), monotonic()
    error = error_of(adapter, "hang")
    assert (error.failure, monotonic() - began < 30) == ("timed_out", True)
    assert "not finished within 1 seconds" in str(error)
    assert said(adapter) == "done"


def test_what_is_taken_back_is_broken_off(build: Build) -> None:
    adapter, asked = build("hangs"), ask("hang")
    adapter.load()
    found: list[Result] = []
    waiter = threading.Thread(target=lambda: found.extend(adapter.results([asked])))
    waiter.start()
    sleep(0.3)
    adapter.cancel(asked)
    waiter.join(timeout=20)
    assert isinstance(found[0].error, GivenUpError)
    assert said(adapter) == "done"


@pytest.mark.skipif(not CONFINED, reason="needs Landlock and seccomp")
def test_a_fork_bomb_has_no_children(build: Build) -> None:
    assert said(build("fork_bomb")) == "0 children"


@pytest.mark.skipif(not CONFINED, reason="needs Landlock and seccomp")
def test_it_reaches_neither_secrets_nor_network_nor_the_worker(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret-key"
    secret.write_text("the key")
    monkeypatch.setenv("CONSILIUM_DATABASE_URL", "postgresql://user:pass@host/name")
    monkeypatch.setenv("CONSILIUM_KEY_PAID", "sk-123")
    answer = only(build("prying"), str(secret)).answer
    assert answer is not None
    assert answer.record["text"] == "nothing"
    seen = {name for name in answer.record["environment"] if name.startswith("CONSILIUM")}
    assert seen <= {"CONSILIUM_DEVICE", "CONSILIUM_MODELS_DIR"}
    assert "sk-123" not in str(answer.record["environment"])
    assert answer.provenance["sandbox"]["calls"] == "seccomp"
    assert answer.provenance["sandbox"]["files"].startswith("landlock")


@pytest.mark.skipif(not CONFINED, reason="needs Landlock and seccomp")
def test_a_data_folder_beside_the_code_stays_closed(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with ``var/`` in a checkout: the folder is on Python's path, the data in it are not."""
    for name in ("code/var/arena.db", "code/.env", "code/open.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("patients")
    monkeypatch.syspath_prepend(tmp_path / "code")
    monkeypatch.setenv("CONSILIUM_DATA_DIR", str(tmp_path / "code" / "var"))
    prying = build("prying")
    for name, reached in [("var/arena.db", "nothing"), (".env", "nothing"), ("open.txt", "a sec")]:
        assert said(prying, str(tmp_path / "code" / name)).startswith(reached)


def test_its_scratch_folder_is_free_and_gone_afterwards(build: Build) -> None:
    adapter = build("remembers")
    assert said(adapter, "a note") == "a note"
    process = adapter._process
    assert process is not None
    scratch = process._scratch
    assert (scratch / "note").exists()
    adapter.close()
    assert not scratch.exists()


def test_only_what_the_operator_listed_is_called(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_CALLABLES", "tests.workers.callables:printed, other.module")
    with pytest.raises(AdapterError, match="not listed in CONSILIUM_CALLABLES") as refused:
        build("counted").load()
    assert refused.value.failure == "rejected_by_policy"
    assert said(build("printed")) == "said"


def test_a_function_that_is_not_there_is_told_by_name(build: Build) -> None:
    with pytest.raises(AdapterError, match="has no function 'absent'"):
        build("absent").load()
    with pytest.raises(AdapterError, match="has no function 'calls'"):
        build("calls").load()


def test_a_module_whose_import_fails_is_a_failure_of_the_system(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_CALLABLES", "tests.workers.no_such_module")
    adapter = PythonCallable({"callable": "tests.workers.no_such_module:answer"})
    with pytest.raises(AdapterError, match="No module named"):
        adapter.load()


def test_the_identity_changes_with_the_text_of_the_module(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("CONSILIUM_CALLABLES", "own_rules")
    digests = set()
    for words in ("cold", "warm"):
        (tmp_path / "own_rules.py").write_text(f"def answer(ask): return {{'text': '{words}'}}")
        adapter = PythonCallable({"callable": "own_rules:answer"})
        adapter.load()
        digests.add(adapter.identity()["source_sha256"])
        assert said(adapter) == words
        adapter.close()
    assert len(digests) == 2


def test_an_odd_limit_is_refused_in_plain_words(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSILIUM_CALLABLE_MEMORY_GB", "much")
    with pytest.raises(AdapterError, match="must be a number of gigabytes"):
        build("counted").load()


def test_a_process_that_tells_nonsense_is_ended(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nonsense(line: bytes) -> dict[str, object]:
        raise ValueError("no object")

    adapter = build("counted")
    adapter.load()
    monkeypatch.setattr(process, "message_of", nonsense)
    assert "told nonsense" in str(error_of(adapter))


@pytest.mark.skipif(not CONFINED, reason="needs /proc")
@pytest.mark.parametrize("line", callables.TOLD)
def test_a_forged_line_ends_the_process_and_reaches_no_other_case(build: Build, line: str) -> None:
    adapter = build("forges")
    error = error_of(adapter, line)
    assert not isinstance(error, GivenUpError)  # else it would be asked again without end
    assert error.failure in {"crashed", "invalid_output"}
    assert said(adapter, "the next case") == "the next case"


@pytest.mark.parametrize("place", ["deep", "shut"])
def test_a_scratch_folder_cannot_be_filled_out_of_sight(build: Build, place: str) -> None:
    if place == "shut" and os.geteuid() == 0:
        pytest.skip("root sees through every folder's rights")
    error = error_of(build("hides"), place)
    assert "filled its scratch folder" in str(error) or "hid" in str(error)


def test_what_is_hidden_is_gone_afterwards(build: Build) -> None:
    adapter = build("hides")
    adapter.load()
    process = adapter._process
    assert process is not None
    scratch = process._scratch
    error_of(adapter, "deep")
    assert not scratch.exists()


def test_libraries_may_copy_files_with_their_rights(build: Build) -> None:
    assert said(build("copies")) == "True"


def test_a_batch_costs_only_the_culprit_its_answer(build: Build) -> None:
    adapter = build("hangs", time_limit=1)
    adapter.batch = 3
    results = list(adapter.results([ask("a"), ask("hang"), ask("b")]))
    assert [isinstance(each.answer, Answer) for each in results] == [True, False, True]
    assert sandboxed.TIME_LIMIT > 1
