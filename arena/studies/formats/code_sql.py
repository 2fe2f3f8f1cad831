"""Code or a database schema that a question is about."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from arena.core.errors import RowError
from arena.studies.formats.base import AssetUrl, Content, FileRule, Found, plain_text
from arena.studies.formats.structured import Structured
from arena.studies.models import CaseVersion
from arena.studies.new_case import CaseError, SourceFile
from evaluation.kinds import checks

LANGUAGES = {
    ".sql": "sql", ".py": "python", ".r": "r", ".js": "javascript", ".json": "json", ".xml": "xml",
    ".yaml": "yaml", ".yml": "yaml", ".txt": "text", ".java": "java", ".c": "c", ".cpp": "c++",
}  # fmt: skip
MOST_CHARACTERS = 200_000
CREATED = re.compile(
    r"create\s+table\s+(?:if\s+not\s+exists\s+)?(?P<name>[\w.\"`\[\]]+)\s*\((?P<body>.*?)\)\s*;",
    re.IGNORECASE | re.DOTALL,
)
NOT_COLUMNS = {"primary", "foreign", "unique", "constraint", "check", "key", "index", "exclude"}
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
SPLIT = re.compile(r",(?![^()]*\))")


def read(files: Sequence[SourceFile], options: Mapping[str, str]) -> Found:
    if not files:
        return Found({})
    file = files[0]
    suffix = PurePosixPath(file.name).suffix.lower()
    if suffix not in LANGUAGES:
        raise RowError(f"is none of {', '.join(LANGUAGES)}", file.name)
    try:
        code = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowError("is not UTF-8: save the file as UTF-8", file.name) from error
    language = options["code_language"] or LANGUAGES[suffix]
    return Found({"code": code, "code_language": language})


class CodeSql(Structured):
    key: str = "code-sql"
    title: str = "Code or database schema"
    accepts: str = (
        "Files of code (.sql, .py, .json, …), one case each, one by one or as a zip; or a table "
        "with the columns “key” and “code”. Tables that SQL creates are shown as a schema."
    )
    fields: tuple[str, ...] = ("caption", "code", "code_language")
    files: FileRule | None = FileRule(read, options=("code_language",), needed=False)
    template: str = "studies/formats/code-sql.html"

    def clean(self, content: Content) -> Content:
        code = plain_text(content.get("code", ""), "code")
        if len(code) > MOST_CHARACTERS:
            raise CaseError("code", f"has {len(code):,} characters; {MOST_CHARACTERS:,} fit")
        language = content.get("code_language") or "text"
        return {"code": code, "code_language": checks.word(language, "code_language", most=20)}

    def text(self, content: Content) -> str:
        return str(content["code"])

    def context(self, version: CaseVersion, asset_url: AssetUrl) -> dict[str, Any]:
        content = version.content
        tables = schema(content["code"]) if content["code_language"] == "sql" else []
        return {**content, "lines": content["code"].split("\n"), "tables": tables}


def schema(sql: str) -> list[Content]:
    """The tables that statements create, with their columns; what is not understood is left out."""
    plain = COMMENT.sub("", sql)
    found = []
    for match in CREATED.finditer(plain):
        parts = (part.split() for part in SPLIT.split(match["body"]))
        columns = [
            {"name": words[0].strip('"`[]'), "type": " ".join(words[1:])[:80]}
            for words in parts
            if words and words[0].lower() not in NOT_COLUMNS
        ]
        found.append({"name": match["name"].strip('"`[]'), "columns": columns})
    return found


FORMAT = CodeSql()
