"""What the desk writes by itself: shown, changed, put back, and shown filled."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from schemas.config import MailTemplate
from services.gateway.api.answers import Page, TemplatePreview, TemplateView
from services.gateway.api.desk import entries, existing, put
from services.gateway.api.desk_inputs import TemplateInput
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep
from services.gateway.errors import Problem
from services.gateway.identity.asking import Administering, Asking, PartsDep
from services.gateway.parts import Parts
from services.runtime import mail_templates
from services.runtime.mail_html import html_document, html_of_text

router = APIRouter(tags=["templates"])
_EIGHT_HOURS = 8 * 3600


@router.get("/templates", response_model=Page[TemplateView])
async def list_templates(principal: Asking, parts: PartsDep) -> Page[TemplateView]:
    """Every template in every language, as it is used now."""
    own = dict(await entries(parts, "template"))
    every = [(n, lang) for n in mail_templates.names() for lang in mail_templates.LANGUAGES]
    return Page(data=[_view(n, lang, own.get(mail_templates.key_of(n, lang))) for n, lang in every], next=None)


@router.patch("/templates/{template_id}", response_model=TemplateView, responses=WRITE_RESPONSES)
async def change_template(principal: Administering, parts: PartsDep, template_id: str, body: TemplateInput, write: WriteDep) -> Response:
    """The desk's own words; 422 naming a tag that has no value there."""
    template = _changed(await _now(parts, template_id), body)
    value = template.model_dump()
    view = _view(template.name, template.language, value).model_dump()
    return await put(write, principal, kind="template", object_id=template_id, value=value, view=view)


@router.delete("/templates/{template_id}", status_code=204, responses=WRITE_RESPONSES)
async def restore_template(principal: Administering, parts: PartsDep, template_id: str, write: WriteDep) -> Response:
    """Back to the words that came along."""
    await existing(parts, "template", template_id)
    return await put(write, principal, kind="template", object_id=template_id, value=None)


@router.post("/templates/{template_id}/preview", response_model=TemplatePreview)
async def preview_template(principal: Asking, parts: PartsDep, template_id: str, body: TemplateInput) -> TemplatePreview:
    """How it reads with sample data; the words of the body need not be kept."""
    template = _changed(await _now(parts, template_id), body)
    within = mail_templates.span(_EIGHT_HOURS, template.language)
    fields = {**mail_templates.SAMPLE, "within": within, "desk_name": parts.directory.settings.desk_name}
    filled = mail_templates.render(template, fields)
    return TemplatePreview(subject=filled.subject, text=filled.text, html=html_document(html_of_text(filled.text)))


async def _now(parts: Parts, template_id: str) -> MailTemplate:
    name, _, language = template_id.partition(".")
    if name not in mail_templates.names() or language not in mail_templates.LANGUAGES:
        raise Problem(404, "no such template")
    entry = await parts.directory.refresh("template", template_id)
    return MailTemplate.model_validate(entry.value) if entry and entry.value else mail_templates.shipped(name, language)


def _changed(template: MailTemplate, body: TemplateInput) -> MailTemplate:
    changed = template.model_copy(update=body.model_dump(exclude_none=True))
    try:
        mail_templates.check(changed)
    except mail_templates.TemplateRefusedError as error:
        raise Problem(422, str(error)) from error
    return changed


def _view(name: str, language: str, own: dict[str, Any] | None) -> TemplateView:
    used = MailTemplate.model_validate(own) if own else mail_templates.shipped(name, language)
    fields = list(mail_templates.fields_of(name))
    return TemplateView(id=mail_templates.key_of(name, language), own=own is not None, fields=fields, **used.model_dump())
