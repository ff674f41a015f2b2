"""What `tamis new` writes, and what `tamis init` finds in a folder that is there already."""

from tamis.scaffold.adopt import adopted
from tamis.scaffold.deployed import Deployed, deployed
from tamis.scaffold.existing import recognise
from tamis.scaffold.name import check_name
from tamis.scaffold.place import add, put
from tamis.scaffold.project import Project
from tamis.scaffold.templates import KIND, LANGUAGES, choose, files, offered

__all__ = [
    "KIND",
    "LANGUAGES",
    "Deployed",
    "Project",
    "add",
    "adopted",
    "check_name",
    "choose",
    "deployed",
    "files",
    "offered",
    "put",
    "recognise",
]
