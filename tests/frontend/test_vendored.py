"""Files of others: what the lock says, nothing that stops collectstatic, and a policy that fits."""

import base64
import hashlib
import re

from django.conf import settings

from tests.conftest import ROOT
from tools import vendor

SEADRAGON = vendor.VENDOR / "openseadragon-6.1.1" / "openseadragon.min.js"


def test_every_file_is_what_the_lock_says() -> None:
    assert vendor.faults() == []
    for package in vendor.locked():
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"]) and package["licence"]
        assert any(file["name"].startswith("LICENSE") for file in package["files"])


def test_no_file_leads_to_a_source_map() -> None:
    for path in vendor.VENDOR.rglob("*.js"):
        assert b"sourceMappingURL" not in path.read_bytes()


def test_the_policy_allows_the_one_rule_openseadragon_writes() -> None:
    source = SEADRAGON.read_text(encoding="utf-8")
    rules = re.findall(r'createElement\("style"\);.{0,80}?\.textContent="([^"]+)"', source)
    assert len(rules) == source.count('createElement("style")') == 1
    digest = base64.b64encode(hashlib.sha256(rules[0].encode()).digest()).decode()
    allowed = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["style-src"]
    assert allowed == ["'self'", f"'sha256-{digest}'"]


def test_the_templates_name_the_locked_version() -> None:
    (package,) = vendor.locked()
    folder = f"vendor/{package['name']}-{package['version']}/"
    template = ROOT / "frontend" / "templates" / "studies" / "formats" / "_slide.html"
    assert folder in template.read_text(encoding="utf-8")
