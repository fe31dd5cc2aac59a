"""Where the program keeps what it makes."""

from pathlib import Path

from platformdirs import PlatformDirs

_FOLDERS = PlatformDirs("qwen3-desk", appauthor=False)


def cache_folder() -> Path:
    """The folder for files that can be made again."""
    return Path(_FOLDERS.user_cache_path)
