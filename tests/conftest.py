"""What many tests share: the demo model as a file, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from convert.convert import convert_checkpoint
from qwen3_desk.engine.local import LocalEngine
from qwen3_desk.engine.model import LoadOptions
from tests.effort import write_report

ROOT = Path(__file__).parents[1]
DEMO_CHECKPOINT = ROOT / "assets" / "demo" / "checkpoint"


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the report of a campaign that passed."""
    if exitstatus == pytest.ExitCode.OK:
        write_report()


@pytest.fixture(scope="session")
def demo_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo checkpoint as a Q8_0 model."""
    path = tmp_path_factory.mktemp("model") / "demo-Q8_0.gguf"
    convert_checkpoint(DEMO_CHECKPOINT, path, "Q8_0")
    return path


@pytest.fixture
def engine(demo_model: Path) -> Iterator[LocalEngine]:
    """A fresh engine with the demo model."""
    engine = LocalEngine(demo_model, LoadOptions(context=2048, threads=1))
    yield engine
    engine.close()
