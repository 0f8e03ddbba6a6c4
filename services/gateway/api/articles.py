"""The knowledge base. Every edit is a new version; readers see the newest."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.gateway.api.answers import ArticleView, Page
from services.gateway.api.desk import entries, existing_article, merged, put
from services.gateway.api.desk_inputs import ArticleInput
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.gateway.identity.principal import Principal
from services.runtime.ids import new_object_id

router = APIRouter(tags=["articles"])


def _may_write(principal: Principal) -> None:
    if principal.viewer.role not in {"admin", "lead"}:
        raise Problem(403, "only an admin or a lead may change articles")


@router.get("/articles", response_model=Page[ArticleView])
async def list_articles(principal: Asking, parts: PartsDep) -> Page[ArticleView]:
    """All articles, drafts included."""
    return Page(data=[ArticleView(id=i, **v) for i, v in await entries(parts, "article")], next=None)


@router.get("/articles/{article_id}", response_model=ArticleView)
async def get_article(principal: Asking, parts: PartsDep, article_id: str) -> ArticleView:
    """One article."""
    return ArticleView(id=article_id, **await existing_article(parts, article_id))


@router.post("/articles", status_code=201, response_model=ArticleView, responses=WRITE_RESPONSES)
async def add_article(principal: Working, body: ArticleInput, write: WriteDep) -> Response:
    """A new article."""
    _may_write(principal)
    article_id = new_object_id()
    return await put(write, principal, kind="article", object_id=article_id, value=_version({}, body, article_id), new=True)


@router.patch("/articles/{article_id}", response_model=ArticleView, responses=WRITE_RESPONSES)
async def change_article(principal: Working, parts: PartsDep, article_id: str, body: ArticleInput, write: WriteDep) -> Response:
    """The next version of an article."""
    _may_write(principal)
    value = _version(await existing_article(parts, article_id), body, article_id)
    return await put(write, principal, kind="article", object_id=article_id, value=value)


@router.delete("/articles/{article_id}", status_code=204, responses=WRITE_RESPONSES)
async def remove_article(principal: Working, parts: PartsDep, article_id: str, write: WriteDep) -> Response:
    """Remove an article."""
    _may_write(principal)
    await existing_article(parts, article_id)
    return await put(write, principal, kind="article", object_id=article_id, value=None)


def _version(old: dict[str, Any], body: ArticleInput, article_id: str) -> dict[str, Any]:
    value = merged("article", old, body)
    number = int(old.get("article_version", 0)) + 1
    return {
        **value,
        "article_id": article_id,
        "article_version": number,
        "updated_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }
