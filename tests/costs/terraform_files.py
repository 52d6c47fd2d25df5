"""What the .tf files of infra/ say, as far as the forecast has to know. Text, not Terraform."""

import re
from pathlib import Path

INFRA = Path(__file__).parents[2] / "infra"
RESOURCE = re.compile(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', re.M | re.S)
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.M | re.S)
TYPE = re.compile(r"^  type\s+= (\S+)$", re.M)
DEFAULT = re.compile(r"^  default\s+= (\S+)$", re.M)
ASSIGNED = re.compile(r"^(\w+)\s+= ([^\s{\[]+)(?:\s+#.*)?$", re.M)


def texts(infra: Path = INFRA) -> dict[str, str]:
    """The .tf files by their path under infra/, whether it has one root or one for each state."""
    return {str(path.relative_to(infra)): path.read_text() for path in infra.rglob("*.tf")}


def resource_types(found: dict[str, str]) -> set[str]:
    """Every type that is created. An azapi one is the type in Azure, without its version."""
    whole = "\n".join(found.values())
    return {
        _azure_type(body, whole) if kind.startswith("azapi_") else kind
        for kind, _, body in RESOURCE.findall(whole)
    }


def _azure_type(body: str, whole: str) -> str:
    said = TYPE.search(body)
    if said is None:
        raise ValueError(f"an azapi resource without a type: {body[:80]}")
    value = said[1]
    if value.startswith("local."):
        local = re.search(rf"^\s+{value.removeprefix('local.')}\s+= (\S+)$", whole, re.M)
        assert local is not None, value
        value = local[1]
    return value.strip('"').partition("@")[0]


def resource(found: dict[str, str], kind: str, name: str) -> str:
    """The body of one resource."""
    (body,) = (
        body for k, n, body in RESOURCE.findall("\n".join(found.values())) if (k, n) == (kind, name)
    )
    return str(body)


def defaults(found: dict[str, str]) -> dict[str, str]:
    """The defaults of variables that are one word, as they are written."""
    variables = VARIABLE.findall("\n".join(found.values()))
    return {name: said[1].strip('"') for name, body in variables if (said := DEFAULT.search(body))}


def example(preset: str, infra: Path = INFRA) -> dict[str, str]:
    """What the example of tfvars sets, as far as it is one word."""
    paths = [*infra.glob(f"{preset}.tfvars.example"), *infra.glob(f"{preset}/*.tfvars.example")]
    assert paths, f"no example of {preset} in infra/"
    said = "\n".join(path.read_text() for path in paths)
    return {name: value.strip('"') for name, value in ASSIGNED.findall(said)}


def stamps(preset: str, infra: Path = INFRA) -> int:
    """How many stamps the example has."""
    paths = [*infra.glob(f"{preset}.tfvars.example"), *infra.glob(f"{preset}/*.tfvars.example")]
    said = "\n".join(path.read_text() for path in paths)
    block = re.search(r"^stamps = \{\n(.*?)^\}", said, re.M | re.S)
    assert block is not None
    return len(re.findall(r"^  \w+ = \{", block[1], re.M))
