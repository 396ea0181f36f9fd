"""The mapping of a source whose board is JSON: which of a feed's fields are which of ours."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from indexer.post import Kind

_Path = Annotated[str, Field(max_length=200, pattern=r"^[^.]*(?:\.[^.]+)*$")]


class Mapping(BaseModel):
    """Dotted paths, as ``data.items`` or ``authors.0.name``; all but ``items`` and ``next`` within one entry. The
    defaults are those of JSON Feed 1.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Annotated[
        _Path, Field(description='path to the list of entries; "" when the page is the list')
    ] = "items"
    key: Annotated[_Path, Field(min_length=1, description="what names an entry for good")] = "id"
    title: Annotated[_Path, Field(description="title of an entry, or name of a victim")] = "title"
    text: Annotated[
        tuple[_Path, ...],
        Field(
            min_length=1,
            max_length=30,
            description="the first of these that an entry has is its text, HTML or not",
        ),
    ] = ("content_html", "content_text", "summary")
    details: Annotated[
        tuple[_Path, ...],
        Field(max_length=30, description="fields added to the text, each on a line behind its name"),
    ] = ()
    author: Annotated[_Path | None, Field(description="who wrote or offers it")] = "authors.0.name"
    url: Annotated[_Path | None, Field(description="its address")] = "url"
    created: Annotated[_Path | None, Field(description="when it was put up")] = "date_published"
    updated: Annotated[_Path | None, Field(description="when it was changed last")] = "date_modified"
    next: Annotated[_Path | None, Field(description="address of the next page, within the page")] = "next_url"
    page: Annotated[
        str | None,
        Field(
            pattern=r"^[\w\[\]-]{1,40}$", description="parameter that counts pages, where no address is given"
        ),
    ] = None
    whole: Annotated[
        bool, Field(description="true: its pages show all entries, so what is missing is gone")
    ] = False
    kind: Annotated[Kind, Field(description="listing, victim, product or paste")] = Kind.LISTING
    domain: Annotated[_Path | None, Field(description="a victim's domain")] = None
    deadline: Annotated[_Path | None, Field(description="when a victim's data is to be published")] = None
    claimed_size: Annotated[_Path | None, Field(description="how much data is claimed")] = None
    published: Annotated[_Path | None, Field(description="whether the data is out")] = None
    price: Annotated[_Path | None, Field(description="a product's price")] = None
