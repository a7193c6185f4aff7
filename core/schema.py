"""What the JSON files that we write have in common: strict schemas, names and digests, and what is wrong with one."""

from __future__ import annotations

import json
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""What may be the name of files."""

Name = Annotated[str, Field(pattern=NAME)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """A record that cannot be changed and has no fields but its own, and no number that is none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def problem(error: ValidationError) -> str:
    """The first thing that is wrong, and where."""
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'the file'}: {first['msg']}"


def to_json(record: BaseModel) -> bytes:
    """As it is written: indented, letters as they are, a line's end at the end."""
    return (json.dumps(record.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode()
