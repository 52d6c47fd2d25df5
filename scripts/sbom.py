"""The bill of materials of a package: what is in it, by which licence, and who asked for it.

Read from what lies in the package itself, so it can name nothing that is not there. CycloneDX 1.6.
"""

import tomllib
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# A package made again is the same package, to the byte, and so is its bill.
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)


def sbom(site: Path, pyproject: Path) -> str:
    """The bill, as JSON, of what is installed in `site` for the project that `pyproject` names."""
    project = tomllib.loads(pyproject.read_text())["project"]
    found = {str(canonicalize_name(d.name)): d for d in distributions(path=[str(site)])}
    parts = {name: _component(one) for name, one in sorted(found.items())}
    whole = Component(name=project["name"], version=project["version"], bom_ref=project["name"])
    whole.type = ComponentType.APPLICATION
    identity = uuid.uuid5(uuid.NAMESPACE_URL, " ".join(str(part.purl) for part in parts.values()))
    bom = Bom(components=parts.values(), serial_number=identity)
    bom.metadata.component = whole
    bom.metadata.timestamp = EPOCH
    bom.register_dependency(whole, _known(project["dependencies"], parts))
    for name, part in parts.items():
        bom.register_dependency(part, _known(found[name].requires or [], parts))
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _component(found: Distribution) -> Component:
    name = canonicalize_name(found.name)
    purl = PackageURL("pypi", None, name, found.version)
    said = found.metadata.get("License-Expression") or found.metadata.get("License") or ""
    # Some write the whole text of their licence there: that is no name of one.
    licences = [LicenseFactory().make_from_string(said)] if 0 < len(said) < 80 else []
    return Component(
        name=name, version=found.version, purl=purl, bom_ref=str(purl), licenses=licences
    )


def _known(requirements: list[str], parts: dict[str, Component]) -> list[Component]:
    """Those of the requirements, extras left out, that are in the package."""
    wanted = [Requirement(text) for text in requirements]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [parts[key] for one in needed if (key := canonicalize_name(one.name)) in parts]
