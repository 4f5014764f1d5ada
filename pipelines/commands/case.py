"""One case: packed so that it can leave the system, and a pack verified."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from fairdeal.pipelines.commands.cases import services_of
from fairdeal.pipelines.commands.options import AsJson, Config, print_json
from fairdeal.pipelines.errors import DataIsWrong, WrongUse
from fairdeal.pipelines.settings import load_settings
from fairdeal.pipelines.telling import console

app = typer.Typer(no_args_is_help=True, help="One case: packed so that it can leave the system, and a pack verified.")


@app.command("pack")
def case_pack(
    case_id: str,
    out: Annotated[Path | None, typer.Option("--out", help="The archive; default: CASE.zip in the working folder.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Everybody named and the history word for word, for a court.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Write a case as an archive that verifies away from the system: signed index, hashes, chain proof, a page to read.

    Without `--whole` it names nobody and can be given to the parties.

    Example: `fairdeal case pack C0123456789abcdef --out case.zip`
    """
    from fairdeal.pipelines import packs

    settings, path = load_settings(config), out or Path(f"{case_id}.zip")
    files = services_of(config).pack_files(case_id, is_masked=not whole)
    if not path.parent.is_dir():
        raise WrongUse(f"--out {path}: there is no folder {path.parent}; make it, or name another")
    packs.write_pack(path, case_id, files, packs.pack_signer(settings.home), datetime.now(UTC), is_masked=not whole)
    if as_json:
        print_json({"path": str(path), "files": sorted(files), "is_masked": not whole})
    ring = settings.home / "keys" / f"{packs.PURPOSE}.ring.json"
    console.print(
        f"{escape(str(path))}: {'everybody is named' if whole else 'nobody is named'}; whoever gets it verifies with {escape(str(ring))}"
    )


@app.command("verify")
def case_verify(
    pack: Path,
    keys: Annotated[Path | None, typer.Option("--keys", help="Key ring of the platform; default: this home's own.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say yes, or exactly what is wrong with a pack; exit code 0 or 1. Needs the platform's key ring and nothing else of it.

    Example: `fairdeal case verify case.zip --keys packs.ring.json`
    """
    from fairdeal.pipelines import packs

    ring = keys or load_settings(config).home / "keys" / f"{packs.PURPOSE}.ring.json"
    if not ring.is_file():
        raise WrongUse(f"{ring}: no key ring; a pack is verified with the platform's public keys; give them with --keys")
    index, faults = packs.verify_pack(pack, packs.ring_of(ring))
    if as_json:
        print_json({"pack": str(pack), "ok": not faults, "case_id": index.get("case_id"), "faults": faults})
    if faults:
        raise DataIsWrong("\n".join(faults))
    console.print(f"[green]yes[/] {escape(str(pack))}: case {index['case_id']}, signed at {index['made_at']}, every file as it was signed")
