"""What tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write what the sources draw from tests/cases as what is expected; read the difference before you commit it")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of other people's reviews beside the checkout; tests that read it are skipped where it is not there."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}: tests on other people's reviews cannot run here")
    return folder
